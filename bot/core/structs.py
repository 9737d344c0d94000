"""Turns frozen, slotted dataclasses into msgspec structs, under the same interface as `dataclasses`."""

import dataclasses
import types
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

_NOT_KEPT = frozenset({"__dict__", "__weakref__"})


def dataclass(kind: Any = None, /, **how: Any) -> Any:
    """Make a frozen, slotted class a msgspec struct, and any other a standard dataclass."""
    if kind is None:
        return lambda kind: dataclass(kind, **how)
    order = how.get("order", False)
    own = [one for one in vars(kind).values() if isinstance(one, dataclasses.Field)]
    if how | {"order": False} != {"frozen": True, "slots": True, "order": False} or _odd(own):
        return dataclasses.dataclass(kind, **how)
    return _struct(kind, order=order)


def replace(value: Any, /, **changes: Any) -> Any:
    """Return a copy of a value with some fields changed."""
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **changes)
    return dataclasses.replace(value, **changes)


def _odd(own: list[dataclasses.Field[Any]]) -> bool:
    usual = (True, True, False, None)
    return any((one.init, one.compare, one.kw_only is True, one.hash) != usual for one in own)


def _struct(kind: type, *, order: bool) -> type:
    inside = {name: one for name, one in vars(kind).items() if name not in _NOT_KEPT}
    fields = {name: one for name, one in inside.items() if isinstance(one, dataclasses.Field)}
    for name, field in fields.items():
        del inside[name]
        inside |= _default(name, field)
    if hidden := frozenset(name for name, field in fields.items() if not field.repr):
        inside |= _shows(hidden)
    bases = (msgspec.Struct, *(base for base in kind.__bases__ if base is not object))
    return types.new_class(
        kind.__name__, bases, {"frozen": True, "order": order}, lambda space: space.update(inside)
    )


def _default(name: str, field: dataclasses.Field[Any]) -> dict[str, Any]:
    if field.default is not dataclasses.MISSING:
        return {name: field.default}
    if field.default_factory is not dataclasses.MISSING:
        return {name: msgspec.field(default_factory=field.default_factory)}
    return {}


def _shows(hidden: frozenset[str]) -> dict[str, Callable[[Any], Any]]:
    """Hide secret fields, in tracebacks and where rich prints the value."""

    def open_ones(self: Any) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in self.__struct_fields__ if name not in hidden)

    def shown(self: Any) -> str:
        return (
            f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in open_ones(self))})"
        )

    return {"__repr__": shown, "__rich_repr__": open_ones}
