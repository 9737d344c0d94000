"""Inviters and approvers lose their rights at the moment when a person joins, on both databases."""

from collections.abc import Callable
from functools import partial

import pytest

from bot.core.invitations import redeeming
from bot.core.invitations.invitations import Invitation
from bot.core.people import lifecycle, transfers
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Member
from bot.core.people.transfers import TransferRequest
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState, approve
from bot.core.rights import grants
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


def _redeems(name: str, of: Ground, invitation: Invitation) -> Unit:
    return as_(name, of, lambda uow, actor: redeeming.redeem(uow, actor, invitation.code))


def _suspend(uow: UnitOfWork, actor: Actor, of: Ground) -> None:
    lifecycle.change(uow, actor, of.school, of.omar.id, Verb.SUSPEND)


def _demote(uow: UnitOfWork, actor: Actor, of: Ground) -> None:
    grants.set_roles(uow, actor, of.school, of.omar.id, ["Viewer"])


_ENDS = [_suspend, _demote]
End = Callable[..., None]


async def _invited(database: Database, land: list[Ground], uses: int | None = None) -> list[Invitation]:
    """Make invitations as Omar; the invitation of a round is at its number."""
    return await database.run(
        lambda uow: [build.invitation(uow, of.school, of.omar, uses_allowed=uses) for of in land]
    )


def _in(uow: UnitOfWork, of: Ground, *names: str) -> list[str]:
    """Return the names of active members."""
    found = {name: uow.people.by_account(AccountKey("web", f"{name}{of.number}")) for name in names}
    seats = {name: uow.members.of(of.school.id, one.id) for name, one in found.items() if one}
    return [name for name, seat in seats.items() if seat is not None and seat.active]


async def test_two_redeem_the_last_use(database: Database) -> None:
    land = await grounds(database)
    made = await _invited(database, land, uses=1)
    rounds = [[_redeems(name, of, made[of.number]) for name in ("mia", "leo")] for of in land]
    outcomes = await race(database, rounds)
    assert all(refused(one) == ["InvitationUnusable"] for one in outcomes)

    def unit(uow: UnitOfWork) -> None:
        for of, one in zip(land, outcomes, strict=True):
            assert _in(uow, of, "mia", "leo") == ["leo" if refused(one[:1]) else "mia"]
            stored = uow.invitations.by_id(made[of.number].id)
            assert stored is not None
            assert stored.uses_taken == 1

    await database.read(unit)
    assert (await actions(database)).count("invitation.redeemed") == ROUNDS
    await check_audit_chains(database)


@pytest.mark.parametrize("end", _ENDS)
async def test_an_inviter_loses_their_rights_while_somebody_comes_in(database: Database, end: End) -> None:
    """Whichever is first: nobody is partly a member, no use is lost, and later nobody can join."""
    land = await grounds(database)
    made = await _invited(database, land)
    outcomes = await race(
        database,
        [[as_("ada", of, partial(end, of=of)), _redeems("mia", of, made[of.number])] for of in land],
    )
    assert {tuple(refused(one)) for one in outcomes} == {(), ("InvitationUnusable",)}
    late = await race(database, [[_redeems("leo", of, made[of.number])] for of in land])
    assert all(refused(one) == ["InvitationUnusable"] for one in late)

    def unit(uow: UnitOfWork) -> None:
        for of, one in zip(land, outcomes, strict=True):
            came = [] if refused(one) else ["mia"]
            assert _in(uow, of, "mia", "leo") == came
            stored = uow.invitations.by_id(made[of.number].id)
            assert stored is not None
            assert stored.uses_taken == len(came)
            assert end is _demote or stored.revoked_at is not None

    await database.read(unit)
    await check_audit_chains(database)


def _decides(name: str, of: Ground) -> Unit:
    def act(uow: UnitOfWork, actor: Actor) -> None:
        request = uow.join_requests.by_id(of.more["request"])
        assert request is not None
        approve(uow, actor, request, of.school, None)

    return as_(name, of, act)


@pytest.mark.parametrize("end", _ENDS)
async def test_an_approver_loses_their_rights_while_they_approve(database: Database, end: End) -> None:
    """Either it was approved first, or not at all."""
    land = await grounds(database, prepare=lambda uow, of: {"request": pending(uow, of, "leo").id})
    outcomes = await race(
        database, [[as_("ada", of, partial(end, of=of)), _decides("omar", of)] for of in land]
    )
    assert {tuple(refused(one)) for one in outcomes} == {(), ("NotPermitted",)}

    def unit(uow: UnitOfWork) -> None:
        for of, one in zip(land, outcomes, strict=True):
            assert _in(uow, of, "leo") == ([] if refused(one) else ["leo"])
            told = [sealed.entry.action for sealed in uow.audit.chain(of.school.id)]
            assert told[-1] != "join_request.approved", "nobody approves once they may not"

    await database.read(unit)
    await check_audit_chains(database)


async def test_who_waits_is_approved_and_redeems_at_once(database: Database) -> None:
    """An applicant redeems a code: they become a member once; by the code, one use is taken."""
    land = await grounds(database, prepare=lambda uow, of: {"request": pending(uow, of, "leo").id})
    made = await _invited(database, land, uses=1)
    rounds = [[_decides("ada", of), _redeems("leo", of, made[of.number])] for of in land]
    outcomes = await race(database, rounds)
    by_code = [refused(one) == ["AlreadyDecided"] for one in outcomes]
    assert all(refused(one) in (["AlreadyDecided"], ["AlreadyMember"]) for one in outcomes)

    def unit(uow: UnitOfWork) -> None:
        for of in land:
            assert _in(uow, of, "leo") == ["leo"]
            stored = uow.invitations.by_id(made[of.number].id)
            assert stored is not None
            assert stored.uses_taken == by_code[of.number]

    await database.read(unit)
    assert (await actions(database)).count("join_request.approved") == by_code.count(False)
    await check_audit_chains(database)


async def test_records_pass_on_while_their_owner_approves(database: Database) -> None:
    """The plan is applied before Omar decides, or is stale: nothing is transferred unseen."""
    land = await grounds(database, prepare=lambda uow, of: {"request": pending(uow, of, "leo").id})
    await _invited(database, land)

    def wanted(uow: UnitOfWork, of: Ground) -> TransferRequest:
        source, target = (
            Member(seat, "", ())
            for seat in (uow.members.of(of.school.id, one.id) for one in (of.omar, of.ada))
            if seat is not None
        )
        return TransferRequest(source, target)

    def hands(uow: UnitOfWork, actor: Actor, of: Ground, digest: str) -> tuple[str, bool]:
        plan, done = transfers.transfer(uow, actor, of.school, wanted(uow, of), agreed=digest)
        return plan.digest, done

    plans = await database.run(
        lambda uow: [as_("ada", of, partial(hands, of=of, digest=""))(uow)[0] for of in land]
    )
    outcomes = await race(
        database,
        [
            [as_("ada", of, partial(hands, of=of, digest=digest)), _decides("omar", of)]
            for of, digest in zip(land, plans, strict=True)
        ],
    )
    assert not any(refused(one) for one in outcomes)
    assert {done for (_, done), _ in outcomes} == {True, False}, "each was the first now and then"

    def unit(uow: UnitOfWork) -> None:
        for of, ((_, done), _) in zip(land, outcomes, strict=True):
            request = uow.join_requests.by_id(of.more["request"])
            assert request is not None
            # If it was done, the plan was as shown: Omar had not decided yet.
            assert (request.state, request.decided_by) == (RequestState.APPROVED, of.omar.id)
            told = [sealed.entry.action for sealed in uow.audit.chain(of.school.id)]
            assert told[-1] == "join_request.approved"
            assert ("member.records_transferred" in told) is done

    await database.read(unit)
    await check_audit_chains(database)
