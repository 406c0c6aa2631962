"""The incidents that can be recorded, by name."""

import importlib

from scenarios.model import Scenario

NAMES = {"copper-heron": "scenarios.copper_heron", "salt-lantern": "scenarios.salt_lantern"}


def load(name: str) -> Scenario:
    return importlib.import_module(NAMES[name]).SCENARIO
