"""Queries of identity providers, in a form that every store can answer."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from bot.core.email_addresses import email_key
from bot.core.values import dataclass


class Field(StrEnum):
    """The fields of users and groups that can be searched."""

    ID = "id"
    EXTERNAL_ID = "external id"
    USER_NAME = "user name"
    EMAIL = "email"
    EMAIL_TYPE = "email type"
    GIVEN_NAME = "given name"
    FAMILY_NAME = "family name"
    ACTIVE = "active"
    DISPLAY_NAME = "display name"
    MEMBER = "member"

    @property
    def exact(self) -> bool:
        """Whether the comparison is case-sensitive."""
        return self in {Field.ID, Field.EXTERNAL_ID, Field.MEMBER}


class Op(StrEnum):
    """The comparison operators of SCIM filters."""

    EQ = "eq"
    NE = "ne"
    CO = "co"
    SW = "sw"
    EW = "ew"
    PR = "pr"


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; `value` is a text, or a bool for `ACTIVE`. `PR` (present) ignores it."""

    field: Field
    op: Op
    value: str | bool = ""


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every term matches; without terms, everything does."""

    terms: tuple["Query", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one term matches; without terms, nothing does."""

    terms: tuple["Query", ...] = ()


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The term does not match."""

    term: "Query"


Query: TypeAlias = Compare | AllOf | AnyOf | NoneOf
EVERYTHING = AllOf()
NOTHING = AnyOf()

_COMPARED: dict[Op, Callable[[str, str], bool]] = {
    Op.EQ: lambda here, wanted: here == wanted,
    Op.NE: lambda here, wanted: here != wanted,
    Op.CO: lambda here, wanted: wanted in here,
    Op.SW: str.startswith,
    Op.EW: str.endswith,
}


def fits(query: Query, values: Callable[[Field], str | bool | None]) -> bool:
    """Tell whether something matches a query, given its values."""
    match query:
        case AllOf(terms):
            return all(fits(one, values) for one in terms)
        case AnyOf(terms):
            return any(fits(one, values) for one in terms)
        case NoneOf(term):
            return not fits(term, values)
    return _compares(values(query.field), query.op, query.value, exact=query.field.exact)


def _compares(here: str | bool | None, op: Op, wanted: str | bool, *, exact: bool) -> bool:
    if op is Op.PR:
        return here not in {None, ""}
    if isinstance(here, bool) or isinstance(wanted, bool):
        return (here == wanted) is (op is Op.EQ)
    if not here:
        return op is Op.NE
    return _COMPARED[op](*((here, wanted) if exact else (email_key(here), email_key(wanted))))
