"""Roles are deleted while they are given, and schools archived while people join."""

import pytest

from bot.core.invitations import invitations, redeeming
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.rights import custom_roles, grants
from bot.core.rights.actors import AccountKey, Actor
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR
from bot.core.schools import tree
from tests.storage import build
from tests.storage.rounds import (
    Database,
    Ground,
    Unit,
    as_,
    check_audit_chains,
    grounds,
    pending,
    race,
    refused,
)

DESK = "Desk"


def _desk_and_request(uow: UnitOfWork, of: Ground) -> dict[str, str]:
    desk = CustomRole(
        build.fresh_id(), of.school.id, DESK, uow.now, frozenset({Permission.MEMBER_READ}), frozenset()
    )
    assert uow.roles.add(desk)
    return {"desk": desk.id, "request": pending(uow, of, "leo").id}


@pytest.mark.parametrize("way", ["given", "approved", "invited"])
async def test_a_role_is_not_deleted_while_it_is_given(database: Database, way: str) -> None:
    land = await grounds(database, prepare=_desk_and_request)

    def deletes(of: Ground) -> Unit:
        def act(uow: UnitOfWork, actor: Actor) -> None:
            custom_roles.delete(
                uow, actor, of.school, custom_roles.find_custom(uow, of.school, of.more["desk"])
            )

        return as_("ada", of, act)

    def gives(of: Ground) -> Unit:
        def act(uow: UnitOfWork, actor: Actor) -> None:
            if way == "given":
                grants.set_roles(uow, actor, of.school, of.nia.id, [DESK])
            elif way == "invited":
                invitations.create(uow, actor, of.school, role=DESK)
            else:
                request = uow.join_requests.by_id(of.more["request"])
                assert request is not None
                join_requests.approve(uow, actor, request, of.school, DESK)

        return as_("omar", of, act)

    outcomes = await race(database, [[deletes(of), gives(of)] for of in land])
    found = {tuple(refused(one)) for one in outcomes}
    assert found == {("RoleInUse",), ("RoleAboveCeiling",)}
    gone = await database.read(
        lambda uow: [uow.roles.by_id(of.school.id, of.more["desk"]) is None for of in land]
    )
    assert gone == [refused(one) == ["RoleAboveCeiling"] for one in outcomes]
    await check_audit_chains(database)


@pytest.mark.parametrize("way", ["redeemed", "approved"])
async def test_a_school_is_archived_while_somebody_comes_in(database: Database, way: str) -> None:
    """Whichever is first: nobody is partly a member, no use is lost, and later nobody can join."""
    land = await grounds(database, prepare=lambda uow, of: {"request": pending(uow, of, "leo").id})
    codes = await database.run(lambda uow: _codes(uow, land))

    def comes_in(of: Ground) -> Unit:
        def redeem(uow: UnitOfWork, actor: Actor) -> None:
            redeeming.redeem(uow, actor, codes[of.number])

        def approve(uow: UnitOfWork, actor: Actor) -> None:
            request, school = join_requests.find(uow, actor, of.more["request"])
            join_requests.approve(uow, actor, request, school, None)

        return as_("mia", of, redeem) if way == "redeemed" else as_("omar", of, approve)

    def archives(of: Ground) -> Unit:
        return as_("root", 0, lambda uow, actor: tree.archive(uow, actor, of.school))

    outcomes = await race(database, [[archives(of), comes_in(of)] for of in land])
    gone = {("NotFound",), ("NotPermitted",), ("SchoolArchived",)}
    dead = {("InvitationUnusable",)} if way == "redeemed" else gone
    assert {tuple(refused(one)) for one in outcomes} <= {(), *dead}
    late = await race(database, [[comes_in(of)] for of in land])
    assert all(refused(one) for one in late)

    def unit(uow: UnitOfWork) -> None:
        for of, one in zip(land, outcomes, strict=True):
            name = f"mia{of.number}" if way == "redeemed" else f"leo{of.number}"
            person = uow.people.by_account(AccountKey("web", name))
            seat = uow.members.of(of.school.id, person.id) if person else None
            assert (seat is not None and seat.standing is Standing.ACTIVE) is not bool(refused(one))
            invitation = uow.invitations.by_code(codes[of.number])
            assert invitation is not None
            assert invitation.uses_taken == (way == "redeemed" and not refused(one))
            told = [sealed.entry.action for sealed in uow.audit.chain(of.school.id)]
            assert told[-1] == "school.archived", "nobody comes in once it is archived"

    await database.read(unit)
    await check_audit_chains(database)


def _codes(uow: UnitOfWork, land: list[Ground]) -> list[str]:
    root = build.person(uow, "Root", AccountKey("web", "root0"))
    uow.members.assign(root.id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
    return [build.invitation(uow, of.school, of.ada).code for of in land]
