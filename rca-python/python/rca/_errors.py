"""Errors by kind; each is also the natural built-in, so that existing handlers catch it."""


class RcaError(Exception):
    """Anything that went wrong in the engine. The message says what, where and what to do."""


class NotFoundError(RcaError, LookupError):
    """The thing asked for does not exist."""


class InvalidInputError(RcaError, ValueError):
    """The input can't be used as it is."""


class ConflictError(RcaError):
    """The change does not fit the present state; read again."""


class DeniedError(RcaError, PermissionError):
    """Not allowed."""


class BusyError(RcaError, OSError):
    """Somebody else holds the workspace, or it is closed."""


class CorruptError(RcaError):
    """Stored data is damaged."""


class CancelledError(RcaError):
    """The caller asked for the work to stop."""
