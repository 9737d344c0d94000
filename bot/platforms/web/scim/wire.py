"""Translates users and groups of the core to SCIM resources, and back."""

import re
from collections.abc import Iterable
from typing import Any

from scim2_models import InvalidValueException, Meta, PatchOp, PatchOperation

from bot.chat.text import clean
from bot.core.scim import model
from bot.core.scim.groups import Edit
from bot.core.scim.model import Address, Wanted
from bot.core.values import replace
from bot.platforms.web.scim import limits
from bot.platforms.web.scim.schemas import Email, Group, Member, Membership, Name, User

_WORK = "work"
_MEMBERS = "members"
# The attributes of a group, except its members.
_OWN = frozenset({"id", "schemas", "displayname", "externalid"})
_ONE_MEMBER = re.compile(
    r'(?:urn:ietf:params:scim:schemas:core:2\.0:Group:)?members\[value eq "(?P<id>[^"\\]+)"\]', re.IGNORECASE
)


def user(base: str, known: model.User, *, raw: bool = False) -> User:
    """Return a user as a resource; `raw` with `active` as the provider set it, not as it is in effect."""
    own, address = known.account, known.address
    named = bool(known.first_name or known.last_name)
    names = Name(given_name=known.first_name or None, family_name=known.last_name or None)
    return User(
        id=own.id,
        external_id=own.external_id,
        user_name=own.user_name,
        name=names if named else None,
        active=own.active if raw else known.active,
        emails=[Email(value=address.value, type=address.type, primary=address.primary)] if address else None,
        groups=[
            Membership(value=group_id, ref=f"{base}/Groups/{group_id}", display=name)  # type: ignore[arg-type]
            for group_id, name in known.groups
        ]
        or None,
        meta=Meta(
            resource_type="User",
            created=own.created_at,
            last_modified=own.changed_at,
            location=f"{base}/Users/{own.id}",
        ),
    )


def wanted(told: User) -> Wanted:
    """Return what a resource asks a user to be; raises `InvalidValueException`."""
    name = told.name or Name()
    return Wanted(
        user_name=_text("userName", told.user_name, needed=True),
        external_id=_text("externalId", told.external_id) or None,
        first_name=_shown("name.givenName", name.given_name),
        last_name=_shown("name.familyName", name.family_name),
        email=_address(told.emails or []),
        active=told.active,
    )


def _address(told: Iterable[Email]) -> Address | None:
    """Return the one address that is kept: the primary one, or else the first for work, or the first."""
    known = [one for one in told if one.value]
    if not known:
        return None
    chosen = min(known, key=lambda one: (not one.primary, (one.type or "").casefold() != _WORK))
    return Address(
        _text("emails.value", chosen.value), _text("emails.type", chosen.type) or None, chosen.primary
    )


def _text(name: str, told: str | None, *, needed: bool = False) -> str:
    """Return a text that is compared and returned exactly; it may not contain invisible characters."""
    text = (told or "").strip()
    if not text.isprintable():
        raise InvalidValueException(detail=f"{name} has what cannot be shown")
    return _bounded(name, text, needed=needed)


def _shown(name: str, told: str | None, *, needed: bool = False) -> str:
    """Return a text that people are shown, cleaned like text from a chat, which keeps joiners in emoji."""
    return _bounded(name, " ".join(clean(told or "").split()), needed=needed)


def _bounded(name: str, text: str, *, needed: bool) -> str:
    if needed and not text:
        raise InvalidValueException(detail=f"{name} is needed")
    if len(text) > limits.TEXT:
        raise InvalidValueException(detail=f"{name} is too long")
    return text


def changed_user(base: str, known: model.User, patch: PatchOp[User]) -> Wanted:
    """Return what a user is to be after a PATCH."""
    resource = user(base, known, raw=True)
    patch.patch(resource)
    return wanted(resource)


def replaced_user(known: model.User, told: User) -> Wanted:
    """Return what a user is to be after a PUT; without `active` in it, that stays as it was."""
    asked = wanted(told)
    return replace(asked, active=known.account.active) if told.active is None else asked


def group(base: str, known: model.Group, member_ids: Iterable[str] = ()) -> Group:
    """Return a group as a resource."""
    return Group(
        id=known.id,
        external_id=known.external_id,
        display_name=known.name,
        members=[
            Member(value=one, ref=f"{base}/Users/{one}", type="User")  # type: ignore[arg-type]
            for one in member_ids
        ]
        or None,
        meta=Meta(
            resource_type="Group",
            created=known.created_at,
            last_modified=known.changed_at,
            location=f"{base}/Groups/{known.id}",
        ),
    )


def edit(told: Group, before: frozenset[str] = frozenset()) -> Edit:
    """Return how a resource changes a group, which has the members `before`."""
    ids = frozenset(_text("members.value", one.value, needed=True) for one in told.members or [])
    return Edit(
        name=_shown("displayName", told.display_name, needed=True),
        external_id=_text("externalId", told.external_id) or None,
        add=ids - before,
        drop=before - ids,
    )


def changed_group(base: str, known: model.Group, member_ids: Iterable[str], patch: PatchOp[Group]) -> Edit:
    """Return how a PATCH changes a group."""
    before = frozenset(member_ids)
    resource = group(base, known, sorted(before))
    patch.patch(resource)
    return edit(resource, before)


def mentioned(body: dict[str, Any]) -> frozenset[str] | None:
    """Return the ids of the members that a PATCH is about, so that only they are read; None for all."""
    found: set[str] = set()
    for operation in _operations(body):
        about = _about(operation)
        if about is None:
            return None
        found.update(one for one in about if one.isprintable())  # as all ids are
    return frozenset(found)


def _about(operation: dict[str, Any]) -> Iterable[str] | None:
    """Return the ids of the members that one operation is about; None for all members."""
    path = str(operation.get("path") or "").strip()
    op, value = str(operation.get("op", "")).casefold(), operation.get("value")
    one = _ONE_MEMBER.fullmatch(path)
    if one is not None and op == PatchOperation.Op.remove.value:
        return [one["id"]]
    attribute = path.casefold().rpartition(":")[2]
    if not path:
        names = {str(key).casefold() for key in value} if isinstance(value, dict) else {_MEMBERS}
        return [] if names <= _OWN else None
    if attribute == _MEMBERS and (op == "add" or (op == "remove" and value)):
        return _ids(value)
    return [] if attribute in _OWN else None


def _ids(value: Any) -> Iterable[str]:
    told = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
    return [str(of) for one in told for name, of in one.items() if name.lower() == "value" and of]


def _operations(body: dict[str, Any]) -> list[dict[str, Any]]:
    found = next((value for key, value in body.items() if key.casefold() == "operations"), None)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def operations_in(body: dict[str, Any]) -> int:
    """Return the number of operations in a PATCH."""
    return len(_operations(body))
