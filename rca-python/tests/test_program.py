"""`python -m rca` does what it says, and investigates as the Rust example does."""

import json
import pathlib
import subprocess
import sys

import pytest
from conftest import GOLDEN, GUILTY, ROOT, truth

import rca
from rca import _cli


def run(*words: object, code: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rca", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def inside(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> str:
    """The same in this process, which is quicker."""
    assert _cli.main([str(word) for word in words]) == code
    return capsys.readouterr().out


def test_investigate_prints_what_the_library_answers(tmp_path: pathlib.Path) -> None:
    done = run("investigate", GUILTY, "--report", tmp_path / "r.md")
    answer = rca.Inquiry(GUILTY).run()
    expected = f"{answer.analysis.to_text()}\n{answer.doctor.to_text()}\nreport written to {tmp_path / 'r.md'}\n"
    assert done.stdout == expected and (tmp_path / "r.md").read_text() == answer.to_markdown()


def test_the_rust_program_says_the_same(tmp_path: pathlib.Path) -> None:
    programs = [ROOT / "target" / kind / "examples" / "investigate" for kind in ("debug", "release")]
    built = [program for program in programs if program.exists()]
    if not built:
        pytest.skip("the example investigate was not built; the stage main-job builds it")
    newest = max(built, key=lambda program: program.stat().st_mtime)
    for words in ([GUILTY], [GUILTY, "--json"], [GUILTY, "--doctor"], ["--format", "logs", GUILTY / "logs.ndjson",
                  "--format", "auto", GUILTY / "metrics.csv", "--alert", "holds fail", "--window", "2h", "--markdown"]):
        theirs = subprocess.run([newest, *words], capture_output=True, text=True)
        ours = run("investigate", *words)
        assert (ours.stdout, ours.stderr) == (theirs.stdout, theirs.stderr)


def test_json_and_markdown_are_the_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert truth(GUILTY) in inside(capsys, "investigate", "--json", GUILTY)
    assert inside(capsys, "investigate", "--markdown", GUILTY).startswith("#")
    doctor = json.loads(inside(capsys, "doctor", "--json", GUILTY))
    assert doctor["sources"] and rca.Doctor.from_dict(doctor).is_well is not None
    assert inside(capsys, "investigate", "--doctor", GUILTY) == inside(capsys, "doctor", GUILTY)
    assert "junit" in inside(capsys, "investigate", "--formats")


def test_a_workspace_from_the_first_file_to_the_report(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "w.rca"
    (tmp_path / "deploys.json").write_text('[{"service": "till"}, {"timestamp": "2026-05-04T09:00:00Z", '
                                           '"service": "till", "version": "7"}]')
    assert inside(capsys, "ingest", folder, tmp_path / "deploys.json") == (
        "1 new events, 0 known; 1 records refused (1 dead letters)\n"
    )
    assert json.loads(inside(capsys, "ingest", "--json", folder, tmp_path / "deploys.json"))["read"] == 1
    inside(capsys, "investigate", GUILTY, "--workspace", folder)
    assert "deploy of till 7" in inside(capsys, "search", folder, "till source:deploy")
    assert json.loads(inside(capsys, "search", "--json", folder, "till"))["total"] >= 1
    assert inside(capsys, "search", "--cases", folder).endswith("1 of 1\n")
    report = inside(capsys, "report", folder, "--json")
    assert rca.Analysis.from_json(report).top_cause is not None
    assert inside(capsys, "report", folder).startswith(rca.Analysis.from_json(report).symptom.split("\n")[0])
    inside(capsys, "report", folder, "--report", tmp_path / "r.html")
    assert "<table>" in (tmp_path / "r.html").read_text()
    assert "all is well" in inside(capsys, "verify", folder)
    assert json.loads(inside(capsys, "verify", "--json", folder))["is_well"] is True
    assert inside(capsys, "dlq", folder).endswith("1 dead letters\n")
    (letter,) = json.loads(inside(capsys, "dlq", folder, "--json"))
    assert inside(capsys, "dlq", folder, "replay") == "0 read (0 new events), 1 stay\n"
    assert inside(capsys, "dlq", folder, "discard", letter["id"]) == "1 discarded\n"


def test_exit_codes_tell_what_is_wrong(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert _cli.main(["investigate", str(tmp_path / "nowhere")]) == 3
    assert _cli.main(["investigate", str(tmp_path / "empty")]) == 2
    assert _cli.main(["investigate"]) == 2
    assert _cli.main(["investigate", "--format", "no-such", str(GUILTY)]) == 2
    assert _cli.main(["report", str(tmp_path / "nowhere")]) == 3
    with rca.Workspace(tmp_path / "w.rca"):
        assert _cli.main(["verify", str(tmp_path / "w.rca")]) == 4
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 6 and all(line.startswith("error: ") for line in said)
    with pytest.raises(SystemExit) as wrong:
        _cli.main(["investigate", "--colour"])
    assert wrong.value.code == 2


def test_a_reader_that_goes_away_is_no_error(tmp_path: pathlib.Path) -> None:
    command = f"{sys.executable} -m rca investigate {GUILTY} 2>{tmp_path}/err | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert done.stdout.count("\n") == 1 and (tmp_path / "err").read_text() == ""
    assert (GOLDEN / "reports").exists() and done.returncode == 0


def test_documents_are_written_with_the_record_where_there_is_one(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ours.md").write_text("{{ title }} ({{ status or \"no record\" }})\n")
    review, events = tmp_path / "review.md", tmp_path / "events.csv"
    said = inside(capsys, "investigate", GUILTY, "--review", review, "--template", tmp_path / "ours.md", "--csv", events)
    assert said.endswith(f"\nreport written to {review}\n\nreport written to {events}\n")
    assert review.read_text().endswith("(no record)\n") and events.read_text().startswith("timestamp,source,")
    words = ["--workspace", tmp_path / "w.rca", "--review", review, "--template", tmp_path / "ours.md", "--html", tmp_path / "p.html"]
    inside(capsys, "investigate", GUILTY, *words)
    assert review.read_text().endswith("(open)\n")
    assert "<!doctype html>" in (tmp_path / "p.html").read_text()[:20]
    inside(capsys, "investigate", GUILTY, "--review", review, "--template", "nice", code=2)
