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
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What mypy found out about the standard library, once for all."""
    return str(tmp_path_factory.mktemp("mypy"))


def run(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_strict(cache: str) -> None:
    pytest.importorskip("mypy")
    run("mypy", "--strict", "--cache-dir", cache, "-p", "rca")


def test_a_program_that_uses_it_is_strict(tmp_path: pathlib.Path, cache: str) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(
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
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, str(program)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stdout
    assert "tuple[rca._records.Cause, ...]" in done.stdout and "rca._records.Severity" in done.stdout


def test_the_stub_is_what_the_extension_has() -> None:
    pytest.importorskip("mypy")
    allow = ROOT / "rca-python" / "tests" / "stubtest-allow.txt"
    run("mypy.stubtest", "rca._rca", "--allowlist", str(allow))


def test_pyright_has_nothing_to_say(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("pyright")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    shutil.copytree(PACKAGE, tmp_path / "rca", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    about = {
        "include": ["rca"],
        "typeCheckingMode": "standard",
        "pythonVersion": "3.10",
        "reportMissingImports": "none",  # pandas and polars are nobody's duty
        "reportMissingModuleSource": "none",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(about))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(tmp_path), "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert said["summary"]["filesAnalyzed"] > 15
    assert [(one["file"], one["message"]) for one in said["generalDiagnostics"]] == []
