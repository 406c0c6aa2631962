"""What several tests need: the recorded incidents and a night to work in."""

import json
import pathlib
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

import rca

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCIDENTS = ROOT / "examples" / "incidents"
GOLDEN = ROOT / "rca-core" / "tests" / "golden"
RECORDED = sorted(path.parent for path in INCIDENTS.glob("*/truth.json"))
NIGHT = datetime(2026, 11, 21, 5, tzinfo=timezone.utc)


def truth(folder: pathlib.Path) -> str:
    return json.loads((folder / "truth.json").read_text())["root_cause_commit"]


GUILTY = next(path for path in RECORDED if truth(path) != "none")


@pytest.fixture
def memory() -> Iterator[rca.Workspace]:
    with rca.Workspace() as workspace:
        yield workspace


@pytest.fixture(scope="session")
def answered(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[rca.Workspace, rca.Investigated]]":
    """A workspace on disk with the guilty incident in it; tests that use it leave it as it is."""
    folder = tmp_path_factory.mktemp("answered") / "w.rca"
    with rca.Workspace(folder, clock=rca.ManualClock(NIGHT)) as workspace:
        yield workspace, workspace.investigate_bundle(GUILTY)
