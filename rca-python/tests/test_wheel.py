"""The wheel alone, in an environment with nothing else."""

import os
import pathlib
import subprocess
import sys
import zipfile

import pytest
from conftest import GUILTY, ROOT, truth

RELEASED = os.environ.get("RCA_WHEELS")
WHEELS = sorted((ROOT / (RELEASED or "target/wheels-test")).glob("rca_core-*.whl"))
STORY = """
import sys
import rca
answer = rca.analyze_bundle(sys.argv[1])
with rca.Workspace(sys.argv[2]) as workspace:
    kept = workspace.investigate_bundle(sys.argv[1])
    assert kept.analysis.causes[0].sha == answer.causes[0].sha
    assert workspace.search("hold").total
assert rca.rank({"time": [1, 2, 3, 4], "a_x": [1, 1, 9, 9], "b_x": [1, 1, 1, 1], "a_y": [1, 1, 1, 1], "b_y": [1, 2, 1, 2]}, 3)
assert rca.__version__ != "0"
assert not {"numpy", "pandas", "pyarrow", "polars"} & set(sys.modules)
print(answer.causes[0].sha)
"""


@pytest.mark.skipif(not WHEELS, reason="there is no wheel; ./test python builds one")
def test_the_wheel_alone_tells_the_story(tmp_path: pathlib.Path) -> None:
    (wheel,) = WHEELS
    assert "abi3" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    assert {"rca/py.typed", "rca/_rca.pyi", "rca/__init__.py"} <= set(names)
    assert not [name for name in names if "test" in name or name.endswith(".rs")]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-index", str(wheel)], check=True)
    said = subprocess.run(
        [str(python), "-c", STORY, str(GUILTY), str(tmp_path / "w.rca")], check=True, capture_output=True, text=True
    )
    assert said.stdout.strip() == truth(GUILTY)
    program = [str(tmp_path / "venv" / "bin" / "rca"), "investigate", str(GUILTY), "--json", "-q"]
    assert truth(GUILTY) in subprocess.run(program, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(RELEASED is None, reason="only the release wheel is small; ./test wheel builds it")
def test_the_release_wheel_is_at_most_8_mb() -> None:
    (wheel,) = WHEELS
    size = wheel.stat().st_size
    print(f"{wheel.name}: {size / 1e6:.2f} MB")
    assert size <= 8_000_000
