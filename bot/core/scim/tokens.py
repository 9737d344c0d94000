"""Tokens of districts: an admin creates, rotates and revokes them, and sees each only once."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest

from bot.core import audit
from bot.core.errors import NotFound, NothingToChange
from bot.core.ids import hash_of, new_id
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, district_actor
from bot.core.schools import districts
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim.model import KIND, Token

_PREFIX = "homeroom-scim"
# How precisely a token's last use is recorded: else each read would need a write.
USED_EVERY = timedelta(minutes=10)
_NOBODYS = hash_of("")


def acting_for(district_id: str) -> Actor:
    """Return the actor that stands for a district's identity provider."""
    return district_actor(KIND, district_id)


def connect(uow: UnitOfWork, actor: Actor, district: District) -> str:
    """Create a district's first token; refuses if there is one, which can be rotated instead."""
    if _working_tokens(uow, actor, district):
        raise NothingToChange("connected")
    return _issue(uow, actor, district, "scim.connected", {})


def rotate(uow: UnitOfWork, actor: Actor, district: District, overlap: timedelta) -> str:
    """Create another token; the current one still works for the overlap, so that there is no outage."""
    if not _working_tokens(uow, actor, district):
        raise NothingToChange("not connected")
    uow.scim_tokens.expire_all(district.id, uow.now + overlap)
    return _issue(uow, actor, district, "scim.rotated", {"overlap_hours": overlap // timedelta(hours=1)})


def revoke(uow: UnitOfWork, actor: Actor, district: District) -> None:
    """End all tokens of a district at once. What the identity provider did remains."""
    if not _working_tokens(uow, actor, district):
        raise NothingToChange("not connected")
    ended = uow.scim_tokens.expire_all(district.id, uow.now)
    audit.record(uow, actor, "scim.revoked", district.subject, new={"tokens": ended})


def _working_tokens(uow: UnitOfWork, actor: Actor, district: District) -> Sequence[Token]:
    districts.lock_in_use(uow, actor, district)
    return uow.scim_tokens.of(district.id, uow.now)


def _issue(uow: UnitOfWork, actor: Actor, district: District, action: str, new: dict[str, object]) -> str:
    token_id, secret = new_id(uow.now), secrets.token_urlsafe(32)
    uow.scim_tokens.add(Token(token_id, district.id, hash_of(secret), uow.now))
    audit.record(uow, actor, action, district.subject, new=new)
    return f"{_PREFIX}.{token_id}.{secret}"


def set_default_school(uow: UnitOfWork, actor: Actor, district: District, school: School | None) -> None:
    """Set the school that new users join; without one, they join a school by their groups only."""
    districts.lock_in_use(uow, actor, district)
    if school is not None and (school.district_id != district.id or school.archived):
        raise NotFound("school")
    before = uow.scim_tokens.default_school(district.id)
    after = school.id if school else None
    if before == after:
        raise NothingToChange("as you want it")
    uow.scim_tokens.set_default_school(district.id, after)
    old: dict[str, object] = {"school": before}
    audit.record(uow, actor, "scim.school_set", district.subject, old=old, new={"school": after})


def authenticate(uow: UnitOfWork, presented: str) -> Token | None:
    """Return the token that a request presents; None if it is invalid or its district is archived."""
    prefix, _, rest = presented.partition(".")
    token_id, _, secret = rest.partition(".")
    token = uow.scim_tokens.by_id(token_id) if prefix == _PREFIX else None
    # Compares as much for an unknown token as for a known one, so that both take as long.
    right = compare_digest(hash_of(secret), token.secret_hash if token else _NOBODYS)
    if token is None or not right or not token.works(uow.now):
        return None
    district = uow.districts.by_id(token.district_id)
    return token if district is not None and district.archived_at is None else None


def due_to_note(token: Token, now: datetime) -> bool:
    """Tell whether it is time to record again that a token is in use."""
    return token.used_at is None or now - token.used_at >= USED_EVERY
