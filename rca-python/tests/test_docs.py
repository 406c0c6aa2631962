"""The examples in docstrings run, everything public has one, and generated files are what they should be."""

import dataclasses
import doctest
import importlib
import inspect
import pathlib
import pkgutil
import subprocess
import sys

import pytest
from conftest import ROOT

import rca

MODULES = sorted(one.name for one in pkgutil.iter_modules(rca.__path__) if one.name not in ("__main__", "_rca"))
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def test_examples_of_the_package_run() -> None:
    assert doctest.testmod(rca, extraglobs={"rca": rca}, optionflags=FLAGS).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(f"rca.{name}")
    assert doctest.testmod(module, extraglobs={"rca": rca}, optionflags=FLAGS).failed == 0


def test_everything_public_says_what_it_is() -> None:
    silent = []
    for name in rca.__all__:
        one = getattr(rca, name)
        if inspect.isclass(one) or inspect.isfunction(one):
            if not (one.__doc__ or "").strip() or (one.__doc__ or "").startswith(f"{name}("):
                silent.append(name)
        if inspect.isclass(one) and not dataclasses.is_dataclass(one):
            for member, what in vars(one).items():
                if not member.startswith("_") and callable(what) and not (what.__doc__ or "").strip():
                    silent.append(f"{name}.{member}")
    assert silent == []


def test_records_are_what_the_schemas_say() -> None:
    script = ROOT / "rca-python" / "generate.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True)


def test_all_names_are_sorted_and_there() -> None:
    assert sorted(rca.__all__) == rca.__all__
    assert all(hasattr(rca, name) for name in rca.__all__)
    assert (pathlib.Path(rca.__file__).parent / "py.typed").exists()


def test_the_api_can_be_made_into_pages(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("pdoc")
    subprocess.run([sys.executable, "-m", "pdoc", "rca", "-o", str(tmp_path)], check=True, capture_output=True)
    page = (tmp_path / "rca.html").read_text()
    assert "investigate_bundle" in page and "What would help." in page
