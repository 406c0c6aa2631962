"""Tables out, and what counts as a table in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rca import _rca


class Table:
    """Columns that data frames take as they are: anything that reads Arrow's C stream takes it without a copy.

    >>> table = rca.read(b"time,till_cpu,till_mem,cart_cpu,cart_mem\\n1,2,3,4,5\\n", name="kpis.csv").metrics()
    >>> table
    Table(4 rows: timestamp, service, metric, value)
    >>> table.to_dict()["value"]
    [4.0, 5.0, 2.0, 3.0]
    """

    __slots__ = ("_inner",)

    def __init__(self, inner: _rca.Table) -> None:
        self._inner = inner

    @property
    def column_names(self) -> list[str]:
        """Names in order."""
        return self._inner.column_names

    def __len__(self) -> int:
        return len(self._inner)

    def __arrow_c_schema__(self) -> object:
        """Arrow's C data interface."""
        return self._inner.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's C stream interface."""
        return self._inner.__arrow_c_stream__(requested_schema)

    def to_dict(self) -> dict[str, list[Any]]:
        """Lists by column name; times are aware datetimes."""
        return self._inner.to_dict()

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`; through pyarrow where it is installed."""
        import pandas  # type: ignore[import-untyped,unused-ignore]

        try:
            import pyarrow  # type: ignore[import-untyped,unused-ignore]
        except ImportError:
            return pandas.DataFrame(self.to_dict())
        return pyarrow.table(self).to_pandas()

    def to_polars(self) -> Any:
        """A `polars.DataFrame`, without a copy."""
        import polars

        return polars.DataFrame(self)

    def __repr__(self) -> str:
        return f"Table({len(self)} rows: {', '.join(self.column_names)})"


def is_table(data: object) -> bool:
    """Whether it has columns."""
    return (
        hasattr(data, "__arrow_c_stream__")
        or hasattr(data, "columns")
        or (isinstance(data, Mapping) and bool(data) and all(is_column(one) for one in data.values()))
    )


def is_column(data: object) -> bool:
    """Whether it is a list, an array or a series."""
    return hasattr(data, "__iter__") and hasattr(data, "__len__") and not isinstance(data, str | bytes | Mapping)


def columns_of(data: Any) -> Any:
    """A table as the extension takes it: with Arrow's stream, else names and columns."""
    if hasattr(data, "__arrow_c_stream__"):
        try:  # pandas has the method, but needs pyarrow for it
            data.__arrow_c_stream__
            if type(data).__module__.split(".")[0] != "pandas":
                return data
            import pyarrow  # type: ignore[import-untyped,unused-ignore]  # noqa: F401

            return data.reset_index(drop=True) if hasattr(data, "reset_index") else data
        except ImportError:
            pass
    if isinstance(data, Mapping):
        return [(str(name), _values(column)) for name, column in data.items()]
    return [(str(name), _values(data[name])) for name in data.columns]


def _values(column: Any) -> Any:
    """Plain values of an array or a series: moments as datetimes."""
    if hasattr(column, "dt") and hasattr(column.dt, "to_pydatetime"):
        zone = getattr(column.dt, "tz", None)
        column = column if zone is not None else column.dt.tz_localize("UTC")
        return [None if one != one else one.to_pydatetime(warn=False) for one in column]
    if hasattr(column, "tolist"):
        return column.tolist()
    return list(column)
