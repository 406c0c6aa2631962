"""One incident from a folder of files to the ranked cause, as a Python user would."""

import json
import pathlib
import subprocess
import sys

import pytest

import rca

INCIDENTS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "incidents"
RECORDED = sorted(path.parent for path in INCIDENTS.glob("*/truth.json"))


def truth(folder: pathlib.Path) -> str:
    return json.loads((folder / "truth.json").read_text())["root_cause_commit"]


def test_there_are_recorded_incidents_of_both_kinds() -> None:
    assert len(RECORDED) >= 2
    assert {truth(folder) == "none" for folder in RECORDED} == {True, False}


@pytest.mark.parametrize("folder", RECORDED, ids=lambda folder: folder.name)
def test_the_answer_names_the_truth(folder: pathlib.Path) -> None:
    answer = rca.analyze_bundle(folder)
    guilty = truth(folder)
    if guilty == "none":
        assert answer["verdict"] != "change"
    else:
        assert answer["verdict"] == "change"
        assert answer["causes"][0]["sha"] == guilty
    total = sum(cause["probability"] for cause in answer["causes"]) + answer["none_of_these"]
    assert total == pytest.approx(1.0)


def test_a_workspace_keeps_the_answer(tmp_path: pathlib.Path) -> None:
    folder = next(path for path in RECORDED if truth(path) != "none")
    with rca.Workspace(tmp_path / "w.rca") as workspace:
        case = workspace.ingest_bundle(folder)
        first = workspace.causes(case, limit=1)
        assert first[0].commit == truth(folder)
        assert first[0].evidence_for
    with rca.Workspace(tmp_path / "w.rca") as workspace:
        assert workspace.causes(case, limit=1) == first


def test_errors_are_caught_by_kind_and_by_the_natural_builtin(tmp_path: pathlib.Path) -> None:
    with pytest.raises(rca.NotFoundError, match="nothing at"):
        rca.analyze_bundle(tmp_path / "missing")
    with pytest.raises(ValueError), rca.Workspace() as workspace:
        workspace.causes("not an id")
    with pytest.raises(LookupError), rca.Workspace() as workspace:
        workspace.causes("01900000-0000-7000-8000-000000000000")


def test_a_closed_workspace_says_so_and_frees_its_folder(tmp_path: pathlib.Path) -> None:
    workspace = rca.Workspace(tmp_path / "w.rca")
    with pytest.raises(rca.BusyError, match="w.rca"):
        rca.Workspace(tmp_path / "w.rca")
    workspace.close()
    workspace.close()
    with pytest.raises(OSError, match="closed"):
        workspace.ingest_bundle(tmp_path)
    rca.Workspace(tmp_path / "w.rca").close()


def test_the_stub_names_what_the_module_has() -> None:
    code = "import rca._rca as m; print(sorted(n for n in vars(m) if not n.startswith('__')))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    stub = pathlib.Path(rca.__file__).with_name("_rca.pyi").read_text()
    for name in eval(names):  # a list literal that the line above printed
        assert f"class {name}" in stub or f"def {name}" in stub
