"""Ranks metrics with BARO. Arguments: a CSV with a column `time`, the second of the fault."""

import sys
import warnings

import pandas
from baro.root_cause_analysis import robust_scorer

from cost import measure

warnings.filterwarnings("ignore")
data = pandas.read_csv(sys.argv[1])
fault = int(sys.argv[2])
measure(lambda: robust_scorer(data, inject_time=fault))
