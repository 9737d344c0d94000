"""People are merged at the moment when they act: they never act for a person who is gone."""

from functools import partial

from bot.core.invitations import invitations
from bot.core.people import accounts, erasure, merging
from bot.core.people.holdings import RecordKind
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.rights.actors import AccountKey, Actor
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR
from tests.storage.rounds import (
    ROUNDS,
    Database,
    Ground,
    Unit,
    as_,
    check_audit_chains,
    grounds,
    pending,
    race,
    refused,
    somebody,
)


def _becomes(uow: UnitOfWork, actor: Actor, code: str) -> None:
    """Type a linking code, and agree to the merge."""
    merging.lock_persons(uow, actor.person_id or "", code)
    typist, asker = uow.people.by_account(actor.caller.account), uow.accounts.current(code)
    assert typist is not None
    assert asker is not None
    merging.apply(uow, actor, merging.plan(uow, typist, asker))


_ACTS = (RecordKind.INVITATIONS, RecordKind.REVOCATIONS, RecordKind.DECISIONS)


async def _left_behind(database: Database, former: list[str]) -> dict[str, int]:
    """Count what is still stored under merged persons."""

    def unit(uow: UnitOfWork) -> dict[str, int]:
        found = {kind.value: sum(uow.holdings.count(kind, one) for one in former) for kind in _ACTS}
        return {kind: number for kind, number in found.items() if number}

    return await database.read(unit)


async def test_invitations_and_decisions_of_that_instant_are_theirs(database: Database) -> None:
    """Omar is merged into another person while he invites, revokes and decides."""
    land = await grounds(database)

    def prepare(uow: UnitOfWork) -> list[tuple[str, str]]:
        for of in land:  # so that no lock of the school keeps the two apart
            uow.holdings.end_memberships(of.omar.id)
            uow.members.assign(of.omar.id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
        return [(somebody(uow, "other", of.number).id, pending(uow, of, "leo").id) for of in land]

    others = await database.run(prepare)

    def units(of: Ground, other: str, request: str) -> list[Unit]:
        def decide(uow: UnitOfWork, actor: Actor) -> None:
            asked = uow.join_requests.by_id(request)
            assert asked is not None
            join_requests.reject(uow, actor, asked, of.school, "")

        def invite(uow: UnitOfWork, actor: Actor) -> None:
            made = invitations.create(uow, actor, of.school, uses_allowed=1)
            invitations.revoke(uow, actor, made, of.school)

        act = (invite, decide)[of.number % 2]
        return [as_("omar", of, partial(_becomes, code=other)), as_("omar", of, act)]

    outcomes = await race(database, [units(of, *one) for of, one in zip(land, others, strict=True)])
    assert await _left_behind(database, [of.omar.id for of in land]) == {}
    # A person who is read before the merge has no rights after it, and so can give no role.
    assert {name for one in outcomes for name in refused(one)} <= {"NotPermitted", "RoleAboveCeiling"}
    assert sum(one == [None, None] for one in outcomes) > ROUNDS / 4
    await check_audit_chains(database)


def _offered(uow: UnitOfWork, land: list[Ground]) -> list[str]:
    return [as_("nia", of, accounts.offer)(uow) for of in land]


async def test_whoever_is_erased_gets_no_account_any_more(database: Database) -> None:
    """A stranger types the code of a person who is being erased: the account belongs to nobody in the end."""
    land = await grounds(database)
    codes = await database.run(lambda uow: _offered(uow, land))

    def units(of: Ground, code: str) -> list[Unit]:
        return [
            as_("sam", of, lambda uow, actor: accounts.join(uow, actor, code)),
            as_("nia", of, lambda uow, actor: erasure.own(uow, actor, confirmed=True)),
        ]

    outcomes = await race(database, [units(of, code) for of, code in zip(land, codes, strict=True)])
    assert {tuple(refused(one)) for one in outcomes} == {(), ("ClaimUnusable",)}

    def unit(uow: UnitOfWork) -> None:
        for of in land:
            assert uow.accounts.current(of.nia.id) is None
            for name in ("sam", "nia"):
                assert uow.people.by_account(AccountKey("web", f"{name}{of.number}")) is None

    await database.read(unit)
    await check_audit_chains(database)
