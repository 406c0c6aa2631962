"""Values: frozen, comparable, hashable, and made of plain data."""

from __future__ import annotations

import dataclasses
import enum
import sys
import typing
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn, TypeVar, Union

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
R = TypeVar("R", bound="Record")
UTC = timezone.utc


class FrozenDict(dict[K, V]):
    """A dict that nobody changes, so that values with one can be compared, hashed and shared.

    >>> limits = rca.FrozenDict({"pool": 4})
    >>> limits["pool"], limits == {"pool": 4}, hash(limits) == hash(rca.FrozenDict(pool=4))
    (4, True, True)
    >>> limits["pool"] = 40
    Traceback (most recent call last):
    TypeError: a FrozenDict can't be changed; make a dict of it
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __repr__(self) -> str:
        return dict.__repr__(self)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        """There is no changing it."""
        raise TypeError("a FrozenDict can't be changed; make a dict of it")

    __setitem__ = __delitem__ = __ior__ = _refuse  # pyright: ignore[reportAssignmentType]
    clear = pop = popitem = setdefault = update = _refuse  # pyright: ignore[reportAssignmentType]

    def __copy__(self) -> FrozenDict[K, V]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> FrozenDict[K, V]:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (dict(self),))


class Word(str, enum.Enum):
    """A word of a closed list. It equals its text, and sorts in the order of the list.

    >>> rca.Severity.HIGH == "high", rca.Severity("low") < rca.Severity.HIGH, str(rca.Severity.HIGH)
    (True, True, 'high')
    """

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return repr(self.value)

    def __format__(self, spec: str) -> str:
        return format(str(self.value), spec)

    def _place(self) -> int:
        return list(type(self)).index(self)

    def __lt__(self, other: object) -> bool:
        return self._place() < other._place() if type(other) is type(self) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._place() <= other._place() if type(other) is type(self) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._place() > other._place() if type(other) is type(self) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._place() >= other._place() if type(other) is type(self) else NotImplemented


class Record:
    """What all values have in common."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(brief(self))})"

    def __copy__(self: R) -> R:
        return self

    def __deepcopy__(self: R, memo: dict[int, Any]) -> R:
        return self

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data: dicts, lists, numbers, and times as text.

        >>> rca.Entity(name="till").to_dict()
        {'name': 'till', 'kind': 'service'}
        """
        plain = plain_of(self)
        assert isinstance(plain, dict)
        return plain

    @classmethod
    def from_dict(cls: type[R], data: dict[str, Any]) -> R:
        """The value that plain data describe; unknown names are left alone.

        >>> rca.Entity.from_dict({"name": "till"})
        Entity(name='till', kind='service')
        """
        return load(cls, data)


def adopt(cls: type, *bases: type) -> None:
    """Makes what a class has from private ones its own, so that documentation shows it there."""
    for base in bases:
        for name, member in vars(base).items():
            if name not in vars(cls) and (not name.startswith("__") or name in ("__iter__", "__len__", "__getitem__")):
                setattr(cls, name, member)


UNSHOWN = ("body", "data", "text", "created_at", "updated_at", "revision", "schema_version")


def brief(value: Any) -> list[str]:
    """At most five fields that fit a line: names, numbers, times; never bodies, nor what only the store needs."""
    shown = []
    for field in dataclasses.fields(value):
        one = getattr(value, field.name)
        if one is None or one == () or one == {} or one == "" or field.name in UNSHOWN:
            continue
        if isinstance(one, Word):
            text = repr(one)
        elif isinstance(one, str):
            text = repr(one if len(one) <= 60 else one[:59] + "…")
        elif isinstance(one, bool | int):
            text = repr(one)
        elif isinstance(one, float):
            text = f"{one:.3g}"
        elif isinstance(one, datetime):
            text = one.isoformat()
        elif isinstance(one, timedelta):
            text = str(one)
        elif isinstance(one, tuple) and len(one) <= 3 and all(isinstance(each, str) and len(each) <= 40 for each in one):
            text = repr(one)
        elif isinstance(one, tuple | dict):
            text = f"<{len(one)}>"
        elif isinstance(one, Record) and isinstance(getattr(one, "start", None), datetime):
            text = f"<{one.start.isoformat()} to {one.end.isoformat()}>"  # type: ignore[attr-defined]
        elif isinstance(one, Record):
            name = getattr(one, "name", None)
            text = repr(name) if isinstance(name, str) else f"<{type(one).__name__}>"
        else:
            continue
        shown.append(f"{field.name}={text}")
        if len(shown) == 5:
            break
    return shown


def time_of(text: str) -> datetime:
    """A moment as the engine writes it (RFC 3339 in UTC); what is finer than a microsecond goes."""
    return datetime.fromisoformat(text.removesuffix("Z")[:26]).replace(tzinfo=UTC)


def text_of(time: datetime) -> str:
    """A moment as the engine reads it."""
    if time.tzinfo is None:
        raise TypeError(f"{time!r} has no time zone; give an aware datetime, such as one with timezone.utc")
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def span_of(seconds: float) -> timedelta:
    """A length of time as the engine writes it."""
    return timedelta(seconds=seconds)


def frozen(value: Any) -> Any:
    """JSON as values that can be hashed."""
    if isinstance(value, dict):
        return FrozenDict({key: frozen(one) for key, one in value.items()})
    if isinstance(value, list):
        return tuple([frozen(one) for one in value])
    return value


def plain_of(value: Any) -> Any:
    """A value as JSON; fields without a value are left out."""
    if isinstance(value, Record):
        names = dataclasses.fields(value)  # type: ignore[arg-type]
        fields = {field.name.rstrip("_"): getattr(value, field.name) for field in names if field.init}
        return {name: plain_of(one) for name, one in fields.items() if one is not None}
    if isinstance(value, Word):
        return value.value
    if isinstance(value, datetime):
        return text_of(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, dict):
        return {str(key): plain_of(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_of(one) for one in value]
    return value


Loader = Callable[[Any], Any]
LOADERS: dict[type, dict[str, tuple[str, Loader | None]]] = {}


def load(cls: type[T], data: dict[str, Any]) -> T:
    """A record from JSON data."""
    loaders = LOADERS.get(cls) or loaders_of(cls)
    given = {}
    for name, value in data.items():
        found = loaders.get(name)
        if found is not None:
            field, convert = found
            given[field] = value if convert is None or value is None else convert(value)
    return cls(**given)


def loaders_of(cls: type) -> dict[str, tuple[str, Loader | None]]:
    """How each field of a record is read; made once for each class."""
    module = vars(sys.modules[cls.__module__])
    hints = typing.get_type_hints(cls, module)
    fields = [field.name for field in dataclasses.fields(cls) if field.init]
    loaders = {name.rstrip("_"): (name, loader(hints[name])) for name in fields}
    spans = {f"{name}_seconds": found for name, found in loaders.items() if found[1] is span_of}
    loaders |= spans
    LOADERS[cls] = loaders
    return loaders


def loader(hint: Any) -> Loader | None:
    """How a value of a type is read; none when it is taken as it is."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union or type(hint).__name__ == "UnionType":
        kinds = [one for one in inner if one is not type(None)]
        if len(kinds) == 1:
            return loader(kinds[0])
        if len(kinds) == 2 and kinds[1] is str and isinstance(kinds[0], type) and issubclass(kinds[0], Word):
            words = {word.value: word for word in kinds[0]}
            return lambda value: words.get(value, value)
        return None
    if hint is datetime:
        return time_of
    if hint is timedelta:
        return span_of
    if hint is Any:
        return frozen
    if origin is tuple:
        each = loader(inner[0])
        return tuple if each is None else lambda values: tuple([each(value) for value in values])
    if origin is FrozenDict:
        named = loader(inner[1])
        if named is None:
            return FrozenDict
        return lambda values: FrozenDict({key: named(value) for key, value in values.items()})
    if isinstance(hint, type) and issubclass(hint, Word):
        return {word.value: word for word in hint}.__getitem__
    if isinstance(hint, type) and issubclass(hint, Record):
        return lambda value: load(hint, value)
    return None
