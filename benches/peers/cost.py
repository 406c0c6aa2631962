"""Measures a piece of work and prints its cost, as the benches expect it."""

import json
import time


def measure(work):
    """Calls `work` once, and prints wall and CPU seconds as JSON."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    print(json.dumps(spent))
    return result
