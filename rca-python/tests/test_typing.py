"""Type checkers agree: mypy in strict mode, pyright, and the stub with the extension."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

import rca

PACKAGE = pathlib.Path(rca.__file__).parent


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the package in it: where it is installed there are others, which confuse the checkers."""
    place = tmp_path_factory.mktemp("typing")
    shutil.copytree(PACKAGE, place / "rca", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for extension in PACKAGE.glob("*.so"):
        (place / "rca" / extension.name).symlink_to(extension)
    return place


def run(place: pathlib.Path, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_package_is_strict(place: pathlib.Path) -> None:
    pytest.importorskip("mypy")
    run(place, "mypy", "--strict", "-p", "rca")


def test_a_program_that_uses_it_is_strict(place: pathlib.Path) -> None:
    pytest.importorskip("mypy")
    (place / "program.py").write_text(
        "import rca\n"
        "def top(folder: str) -> str:\n"
        "    answer = rca.analyze_bundle(folder)\n"
        "    cause = answer.top_cause\n"
        "    reveal_type(answer.causes)\n"
        "    return cause.title if cause is not None else str(answer.verdict)\n"
        "with rca.Workspace() as workspace:\n"
        "    for event in workspace.events():\n"
        "        reveal_type(event.severity)\n"
    )
    said = run(place, "mypy", "--strict", "program.py")
    assert "tuple[rca._records.Cause, ...]" in said and "rca._records.Severity" in said


def test_the_stub_is_what_the_extension_has(place: pathlib.Path) -> None:
    pytest.importorskip("mypy")
    allow = ROOT / "rca-python" / "tests" / "stubtest-allow.txt"
    run(place, "mypy.stubtest", "rca._rca", "--allowlist", str(allow))


def test_pyright_has_nothing_to_say(place: pathlib.Path) -> None:
    pytest.importorskip("pyright")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    about = {
        "include": ["rca"],
        "typeCheckingMode": "standard",
        "pythonVersion": "3.10",
        "reportMissingImports": "none",  # pandas and polars are nobody's duty
        "reportMissingModuleSource": "none",
    }
    (place / "pyrightconfig.json").write_text(json.dumps(about))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(place), "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=place)
    said = json.loads(done.stdout)
    assert said["summary"]["filesAnalyzed"] > 15
    assert [(one["file"], one["message"]) for one in said["generalDiagnostics"]] == []
