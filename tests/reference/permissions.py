"""The page of roles and permissions, from the data."""

from bot.core.permissions import Permission
from bot.core.roles import ALIASES, AT_SCHOOL, BUILT_IN, ScopeKind

_HOLDS, _GIVES = "●", "○"
_SCOPES = {
    ScopeKind.SYSTEM: "the whole system",
    ScopeKind.DISTRICT: "a district",
    ScopeKind.SCHOOL: "a school",
}


def document() -> str:
    """Return the whole page."""
    return "\n".join([*_head(), *_roles(), *_matrix(), *_custom()]) + "\n"


def _head() -> list[str]:
    return [
        "# Roles and permissions",
        "",
        "This page is made from `bot/core/permissions.py` and `bot/core/roles.py` by",
        "`make reference`; a test tells when it is not current.",
        "",
        "A role is given at a school, over a district or over the whole system, and holds there and in all",
        "that lies below. What a person may do at a school is the union of their roles at it and above it.",
        "",
    ]


def _roles() -> list[str]:
    lines = ["| Role | Given at | Also called |", "|---|---|---|"]
    for role in BUILT_IN:
        others = ", ".join(alias for alias, name in ALIASES.items() if name == role.name)
        lines.append(f"| {role.name} | {_SCOPES[role.level]} | {others} |")
    return [*lines, ""]


def _matrix() -> list[str]:
    names = " | ".join(role.name for role in BUILT_IN)
    lines = [
        f"{_HOLDS} may do it. {_GIVES} may give it to others without doing it.",
        "",
        f"| Permission | Lets its holder | {names} |",
        "|---|---|" + ":-:|" * len(BUILT_IN),
    ]
    for atom in Permission:
        marks = " | ".join(
            _HOLDS if atom in role.holds else _GIVES if atom in role.may_grant else "" for role in BUILT_IN
        )
        lines.append(f"| `{atom.value}` | {atom.phrase} | {marks} |")
    return [*lines, ""]


def _custom() -> list[str]:
    beyond = ", ".join(f"`{atom.value}`" for atom in Permission if atom not in AT_SCHOOL)
    return [
        "## Roles of a school's own",
        "",
        "Whoever may make custom roles makes them of the permissions that they have or may give at the",
        f"school. These belong to wider scopes and are never part of one: {beyond}.",
        "What a role may do is changed by who may give roles too: its holders get it at once.",
        "",
        "## The grant ceiling",
        "",
        "Whoever gives or takes a role may give roles, and has or may give all that the role can do or give",
        "and all that the other person has already. Nobody gives a role to themselves.",
    ]
