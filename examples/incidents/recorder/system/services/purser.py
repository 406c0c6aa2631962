"""Boarding passes are printed in the background, a few at a time."""

import random
import threading
import time

from ferrykit.client import PeerError
from ferrykit.server import App
from ferrykit.telemetry import Window

app = App("purser")
manifest = app.peer("manifest", retries=1)
printed = Window()
app.telemetry.gauge("passes_printed_per_second", printed.per_second)


def print_pass(job: list) -> None:
    number, ticket, trace = job
    span = app.telemetry.begin("print boarding pass", trace)
    try:
        time.sleep(random.uniform(0.015, 0.045))
        manifest.post("/jobs/done", {"id": number})
        printed.add()
        app.log("INFO", f"boarding pass of {ticket} printed")
    except PeerError as error:
        span.fail(error.message)
        app.log("ERROR", f"boarding pass of {ticket} not printed: {error.message}")
    finally:
        app.telemetry.end(span)


def work() -> None:
    while not app.stopping.wait(app.settings.get("poll_s")):
        try:
            for job in manifest.post("/jobs/claim", {"most": app.settings.get("batch")})["jobs"]:
                print_pass(job)
        except PeerError as error:
            app.log("ERROR", f"no jobs to be had: {error.message}")


app.on_start.append(lambda: threading.Thread(target=work, daemon=True).start())

if __name__ == "__main__":
    app.run()
