"""Finds out which change broke a system: offline, deterministic, embeddable.

>>> import rca
>>> with rca.Workspace() as workspace:
...     workspace
Workspace()
"""

import json as _json
import os as _os
from typing import Any as _Any

from rca._errors import (
    BusyError,
    CancelledError,
    ConflictError,
    CorruptError,
    DeniedError,
    InvalidInputError,
    NotFoundError,
    RcaError,
)
from rca._rca import Cause, Workspace
from rca._rca import analyze_bundle as _analyze_bundle

__all__ = [
    "BusyError",
    "CancelledError",
    "Cause",
    "ConflictError",
    "CorruptError",
    "DeniedError",
    "InvalidInputError",
    "NotFoundError",
    "RcaError",
    "Workspace",
    "analyze_bundle",
]


def analyze_bundle(folder: "str | _os.PathLike[str]") -> "dict[str, _Any]":
    """Analyse a folder of exported files without a store; the whole answer as plain data.

    Raises NotFoundError when there is no such folder, InvalidInputError when it holds nothing readable.
    """
    answer: "dict[str, _Any]" = _json.loads(_analyze_bundle(folder))
    return answer
