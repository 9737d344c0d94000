"""Requests are decided twice at once, and invitations are revoked while they are redeemed."""

from functools import partial

import pytest

from bot.core.invitations import batches, invitations, redeeming
from bot.core.invitations.batches import Batch
from bot.core.joining_errors import AlreadyDecided
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import AccountKey, Actor
from tests.storage import build
from tests.storage.rounds import (
    ROUNDS,
    Database,
    Ground,
    Unit,
    actions,
    as_,
    check_audit_chains,
    grounds,
    pending,
    race,
    refused,
)


def _decide(uow: UnitOfWork, actor: Actor, of: Ground, how: str) -> None:
    request = uow.join_requests.by_id(of.more["request"])
    assert request is not None
    if how == "approve":
        join_requests.approve(uow, actor, request, of.school, None)
    elif how == "reject":
        join_requests.reject(uow, actor, request, of.school, "")
    else:
        join_requests.withdraw(uow, actor, request)


@pytest.mark.parametrize(
    ("other", "who", "state"),
    [("reject", "omar", RequestState.REJECTED), ("withdraw", "leo", RequestState.WITHDRAWN)],
)
async def test_the_second_of_two_decisions_is_told_who_was_first(
    database: Database, other: str, who: str, state: RequestState
) -> None:
    land = await grounds(database, prepare=lambda uow, of: {"request": pending(uow, of, "leo").id})

    def units(of: Ground) -> list[Unit]:
        return [
            as_("ada", of, partial(_decide, of=of, how="approve")),
            as_(who, of, partial(_decide, of=of, how=other)),
        ]

    outcomes = await race(database, [units(of) for of in land])
    firsts = 0
    for of, one in zip(land, outcomes, strict=True):
        (late,) = [refusal for refusal in one if isinstance(refusal, AlreadyDecided)]
        approved = one[0] is None
        firsts += approved
        assert late.request.state is (RequestState.APPROVED if approved else state)
        assert (late.request.decided_by == of.ada.id) is approved
    assert 0 < firsts < ROUNDS, "each was the first now and then"
    done = [one for one in await actions(database) if one.startswith("join_request.")]
    assert len(done) == ROUNDS
    await check_audit_chains(database)


async def test_a_revocation_races_a_redemption(database: Database) -> None:
    land = await grounds(database)
    made = await database.run(lambda uow: [build.invitation(uow, of.school, of.ada) for of in land])

    def units(of: Ground) -> list[Unit]:
        invitation = made[of.number]
        return [
            as_("ada", of, lambda uow, actor: invitations.revoke(uow, actor, invitation, of.school)),
            as_("mia", of, lambda uow, actor: redeeming.redeem(uow, actor, invitation.code)),
        ]

    outcomes = await race(database, [units(of) for of in land])
    assert {tuple(refused(one)) for one in outcomes} == {(), ("InvitationUnusable",)}

    def unit(uow: UnitOfWork) -> None:
        for of, invitation, one in zip(land, made, outcomes, strict=True):
            stored = uow.invitations.by_id(invitation.id)
            mia = uow.people.by_account(AccountKey("web", f"mia{of.number}"))
            assert stored is not None
            assert stored.revoked_at is not None
            assert stored.uses_taken == (mia is not None) == (not refused(one))

    await database.read(unit)
    await check_audit_chains(database)


async def test_a_batch_is_revoked_while_one_of_it_is_redeemed(database: Database) -> None:
    """Exactly the unused invitations are revoked, and the numbers in the answer are right."""
    land = await grounds(database)

    def made(uow: UnitOfWork, actor: Actor, of: Ground) -> tuple[Batch, list[str]]:
        two = batches.secrets(uow, 2)
        batch, codes = batches.create(
            uow, actor, of.school, two, role=None, expires_at=None, note="", label=""
        )
        return batch, [one.code for one in codes]

    found = await database.run(lambda uow: [as_("ada", of, partial(made, of=of))(uow) for of in land])

    def units(of: Ground) -> list[Unit]:
        batch, (code, _) = found[of.number]
        return [
            as_("omar", of, lambda uow, actor: batches.revoke(uow, actor, batch, of.school)),
            as_("mia", of, lambda uow, actor: redeeming.redeem(uow, actor, code)),
        ]

    outcomes = await race(database, [units(of) for of in land])
    assert {tuple(refused(one)) for one in outcomes} == {(), ("InvitationUnusable",)}
    assert [ended for ended, _ in outcomes] == [2 if refused(one) else 1 for one in outcomes]

    def unit(uow: UnitOfWork) -> None:
        for (_, codes), one in zip(found, outcomes, strict=True):
            stored = [uow.invitations.by_code(code) for code in codes]
            uses = [(found.uses_taken, found.revoked_at is not None) for found in stored if found]
            assert uses == ([(0, True), (0, True)] if refused(one) else [(1, False), (0, True)])

    await database.read(unit)
    await check_audit_chains(database)
