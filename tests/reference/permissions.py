"""Generates the page of roles and permissions from their definitions."""

from bot.core.rights.permissions import Permission
from bot.core.rights.roles import ALIASES, AT_SCHOOL, BUILT_IN, ScopeKind

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
        "`make reference` generates this page from `permissions.py` and `roles.py` in `bot/core/rights`;",
        "a test says when it is out of date.",
        "",
        "A role is given at a school, over a district or over the whole system. It counts there and in",
        "everything below. At a school, a person can do whatever any of their roles there or above allows.",
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
        f"{_HOLDS} can do it. {_GIVES} can give it to others, but cannot do it.",
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
        "People who can make custom roles make them from the permissions that they have or can give at the",
        f"school. These permissions belong to wider scopes and are never part of a custom role: {beyond}.",
        "To change what a role can do, you also need the right to give roles, because the people who have it",
        "get the change at once.",
        "",
        "## The grant ceiling",
        "",
        "To give or take a role, you need the right to give roles. You also need to have, or be able to",
        "give, everything that the role can do or give, and everything that the other person already has.",
        "Nobody can give a role to themselves.",
    ]
