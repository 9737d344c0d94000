"""Builds and stores values, with defaults for all that a test does not say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random

from bot.core.ids import new_id
from bot.core.invitations.addressees import Addressee, Grant
from bot.core.invitations.batches import Batch, Secret
from bot.core.invitations.invitations import Invitation
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights.actors import AccountKey, Person, Platform, WorkspaceKey
from bot.core.schools.schools import School, Workspace
from tests.world import START

MAPLE = WorkspaceKey(Platform.DISCORD, "700")
_ticks = count()
# Seeded, so that a search for a word never finds a code by chance.
_random = Random(1)


def tick() -> datetime:
    """Return a time later than all before, so that ids made from these are in order."""
    return START + timedelta(milliseconds=next(_ticks))


def _digits(number: int) -> str:
    return "".join(_random.choices("23456789", k=number))


def fresh_id() -> str:
    return new_id(tick())


def person(uow: UnitOfWork, name: str = "Ada", *accounts: AccountKey) -> Person:
    made = Person(fresh_id(), name, "Europe/Berlin")
    assert uow.people.add(made, accounts[0] if accounts else AccountKey("web", f"{name}-{made.id}"))
    return made


def school(uow: UnitOfWork, name: str = "Maple Grove", **settings: object) -> School:
    at = tick()
    made = School(new_id(at), name, at, **settings)  # type: ignore[arg-type]
    uow.schools.add(made)
    return made


def workspace(uow: UnitOfWork, key: WorkspaceKey = MAPLE) -> Workspace:
    at = tick()
    made = Workspace(new_id(at), key, "Maple", at)
    uow.workspaces.add(made)
    return made


def membership(uow: UnitOfWork, of: School, who: Person, standing: Standing = Standing.ACTIVE) -> Membership:
    at = tick()
    made = Membership(new_id(at), of.id, who.id, standing, at, joined_at=at)
    assert uow.members.add(made)
    return made


def invitation(uow: UnitOfWork, of: School, by: Person, **settings: object) -> Invitation:
    at = tick()
    made = Invitation(
        id=new_id(at),
        school_id=of.id,
        token=_digits(22),
        code=_digits(13),
        created_by=by.id,
        **{"created_at": at, **settings},  # type: ignore[arg-type]
    )
    uow.invitations.add(made)
    return made


def addressed(
    uow: UnitOfWork, of: School, by: Person, who: Person, *grants: Grant, **to: object
) -> Invitation:
    """Store an invitation for one person, with one role or with these."""
    made = invitation(
        uow,
        of,
        by,
        uses_allowed=1,
        role="Staff",
        to=Addressee(who.id, "Nia", **to),  # type: ignore[arg-type]
    )
    uow.addressed.grant(made.id, grants or [Grant(of.id, "Staff")])
    return made


def join_request(uow: UnitOfWork, of: School, who: Person, **settings: object) -> JoinRequest:
    at = tick()
    usual = {"id": new_id(at), "account": AccountKey("slack", "T1/U1"), "submitted_at": at}
    made = JoinRequest(school_id=of.id, person_id=who.id, role="Viewer", **{**usual, **settings})  # type: ignore[arg-type]
    uow.join_requests.add(made)
    return made


def batch(uow: UnitOfWork, of: Batch, made: Sequence[Invitation]) -> None:
    """Store a batch, with invitations that differ only in their secrets."""
    secrets = uow.batches.seal([Secret(one.id, one.code, one.token) for one in made])
    uow.batches.add(of, made[0], secrets)
