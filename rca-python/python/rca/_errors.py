"""Errors by kind; each is also the natural built-in, so that existing handlers catch it."""

from typing import Any


class RcaError(Exception):
    """Anything that went wrong in the engine. The message says what, where and what to do.

    >>> try:
    ...     rca.read(b"{", name="deploys.json", format="deploys")
    ...     rca.analyze_bundle("no/such/folder")
    ... except rca.RcaError as error:
    ...     error.kind, error.source
    Batch(0 events, 0 samples, 0 spans, 0 log records)
    ('not_found', 'no/such/folder')
    """

    kind: str = "internal"
    """What a caller can do about it, in one word."""
    source: "str | None"
    """The file, address, record or field that it is about."""
    line: "int | None"
    """The line in the source, from 1."""
    column: "int | None"
    """The column in characters, from 1; of a query, for one."""
    offset: "int | None"
    """The offset in bytes, from 0."""
    hint: "str | None"
    """What to do about it, where the message does not say."""

    def __init__(
        self,
        message: str = "",
        *,
        source: "str | None" = None,
        line: "int | None" = None,
        column: "int | None" = None,
        offset: "int | None" = None,
        hint: "str | None" = None,
    ) -> None:
        super().__init__(message)
        self.source = source
        self.line = line
        self.column = column
        self.offset = offset
        self.hint = hint

    def __str__(self) -> str:
        # KeyError would show the message quoted.
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> "tuple[Any, ...]":
        about = {name: getattr(self, name) for name in ("source", "line", "column", "offset", "hint")}
        return (_again, (type(self), str(self), about))


def _again(kind: "type[RcaError]", message: str, about: "dict[str, Any]") -> RcaError:
    return kind(message, **about)


class NotFoundError(RcaError, KeyError):
    """The thing asked for does not exist."""

    kind = "not_found"


class PathNotFoundError(NotFoundError, FileNotFoundError):
    """There is no such file or folder."""


class InvalidInputError(RcaError, ValueError):
    """The input can't be used as it is; `source`, `line`, `column` and `offset` say where."""

    kind = "invalid_input"


class ConflictError(RcaError):
    """The change does not fit the present state: read again, then decide."""

    kind = "conflict"


class DeniedError(RcaError, PermissionError):
    """Not allowed: a read-only workspace, or a file the system does not let us touch."""

    kind = "denied"


class BusyError(RcaError, BlockingIOError):
    """Somebody else holds the workspace, it is closed, or a remote source is away; try again later."""

    kind = "busy"


class CorruptError(RcaError, OSError):
    """Stored data is damaged: restore a backup or run a repair."""

    kind = "corrupt"


class CancelledError(RcaError):
    """The caller asked for the work to stop."""

    kind = "cancelled"


class InternalError(RcaError, RuntimeError):
    """A disk failed, or a bug of ours."""
