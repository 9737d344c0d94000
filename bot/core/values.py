"""Values: immutable, and compared by their contents.

To the type checker they are dataclasses, so that it checks every field that is set or replaced. At run time
they are msgspec's frozen structs (`structs`), which cost a thirtieth of a dataclass to define and an eighth
to create: there are hundreds of these classes, and one redemption creates many values.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from dataclasses import field

    from bot.core.structs import dataclass, replace

__all__ = ("asdict", "dataclass", "field", "field_names", "replace")


def field_names(kind: object) -> tuple[str, ...]:
    """Return the names of the fields of a value, or of its class, in the order of their declaration."""
    fields: tuple[str, ...] | None = getattr(kind, "__struct_fields__", None)
    return tuple(getattr(kind, "__dataclass_fields__")) if fields is None else fields  # noqa: B009


def asdict(value: object) -> dict[str, Any]:
    """Return a value as a dictionary; values inside it become dictionaries too."""
    return {name: _plain(getattr(value, name)) for name in field_names(value)}


def _plain(one: object) -> object:
    if hasattr(one, "__struct_fields__") or hasattr(one, "__dataclass_fields__"):
        return asdict(one)
    if isinstance(one, dict):
        return {key: _plain(held) for key, held in one.items()}
    if isinstance(one, (list, tuple)) and not hasattr(one, "_fields"):
        return type(one)(_plain(held) for held in one)
    return one
