"""Ranks entities by metrics with BARO and N-sigma. Argument: a folder of cases.

Each `<case>.csv` has a column `time` and columns `<entity>|<metric>`; `<case>.time` holds the second from which on
samples are suspect. Prints as JSON: peer -> {"seconds": CPU seconds a case, "cases": {case: [entity, ...]}}.
"""

import json
import pathlib
import sys
import time
import warnings

import pandas
from baro.root_cause_analysis import nsigma, robust_scorer

warnings.filterwarnings("ignore")
PEERS = {"BARO": robust_scorer, "N-sigma": nsigma}


def entities(columns):
    """Entities in the order of their first metric."""
    return list(dict.fromkeys(str(column).split("|")[0] for column in columns))


answers = {peer: {"seconds": 0.0, "cases": {}, "failed": 0} for peer in PEERS}
files = sorted(pathlib.Path(sys.argv[1]).glob("*.csv"))
for file in files:
    data = pandas.read_csv(file).ffill().bfill()
    data = data.dropna(axis=1)
    since = int(file.with_suffix(".time").read_text())
    for peer, rank in PEERS.items():
        start = time.process_time()
        try:
            ranks = rank(data.copy(), inject_time=since)["ranks"]
        except ValueError:
            answers[peer]["failed"] += 1
            ranks = []
        answers[peer]["seconds"] += (time.process_time() - start) / len(files)
        answers[peer]["cases"][file.stem] = entities(ranks)
print(json.dumps(answers))
