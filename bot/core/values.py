"""Values: what is compared by what it holds, and never changes.

To the type checker they are dataclasses, so that it sees every field that is made or replaced. They are
made by msgspec (`structs`), whose frozen structs cost a thirtieth of a dataclass to define and an eighth to
make: there are hundreds of kinds, and a redemption makes many of them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from dataclasses import field

    from bot.core.structs import dataclass, replace

__all__ = ("asdict", "dataclass", "field", "names", "replace")


def names(kind: object) -> tuple[str, ...]:
    """Tell the fields of a value, or of a kind of them, in the order in which they are declared."""
    fields: tuple[str, ...] | None = getattr(kind, "__struct_fields__", None)
    return tuple(getattr(kind, "__dataclass_fields__")) if fields is None else fields  # noqa: B009


def asdict(value: object) -> dict[str, Any]:
    """Tell what a value holds, by field; values in it become dictionaries too."""
    return {name: _plain(getattr(value, name)) for name in names(value)}


def _plain(one: object) -> object:
    if hasattr(one, "__struct_fields__") or hasattr(one, "__dataclass_fields__"):
        return asdict(one)
    if isinstance(one, dict):
        return {key: _plain(held) for key, held in one.items()}
    if isinstance(one, (list, tuple)) and not hasattr(one, "_fields"):
        return type(one)(_plain(held) for held in one)
    return one
