"""What can happen to a membership: the table of verbs, and the checks around it."""

import itertools

import pytest

from bot.chat.replies import Card, Select
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.people import lifecycle
from bot.core.people.lifecycle import TRANSITIONS, Verb, possible, state_on_axis
from bot.core.people.members import Access, Membership, Standing, Visibility
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from tests.core.door import Door, heard, maple
from tests.core.invited import state
from tests.core.logged import Log
from tests.storage import build
from tests.world import START, caller

ADA = caller("ada", administers=True)
STATES = list(itertools.product(Access, Visibility))


def _membership(access: Access, visibility: Visibility) -> Membership:
    return Membership("m", "s", "p", Standing.ACTIVE, START, access, visibility)


@pytest.mark.parametrize(("access", "visibility"), STATES)
def test_every_state_has_a_way_back_to_active(access: Access, visibility: Visibility):
    state = _membership(access, visibility)
    ways = possible(state)
    if not state.active:
        assert {Verb.REINSTATE, Verb.REACTIVATE, Verb.RESTORE} & set(ways)
    for verb in ways:
        assert TRANSITIONS[verb].after != state_on_axis(state, TRANSITIONS[verb])


# What each verb makes of each state of access: the whole table, written out once more.
OUTCOMES = {
    ("active", Verb.SUSPEND): "suspended",
    ("active", Verb.DEACTIVATE): "deactivated",
    ("suspended", Verb.REINSTATE): "active",
    ("suspended", Verb.DEACTIVATE): "deactivated",
    ("deactivated", Verb.REACTIVATE): "active",
}
ON_ACCESS = [verb for verb, one in TRANSITIONS.items() if isinstance(one.after, Access)]


@pytest.mark.parametrize("start", ["active", "suspended", "deactivated"])
@pytest.mark.parametrize("verb", ON_ACCESS)
async def test_the_table(door: Door, start: str, verb: Verb):
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    if start != "active":
        await door.says(ADA, f"/member {'suspend' if start == 'suspended' else 'deactivate'} nia")
    before = await door.audited()
    said = heard(await door.says(ADA, f"/member {verb.value} nia"))
    outcome = OUTCOMES.get((start, verb))
    if outcome is None:
        assert "Nothing was changed" in said
        assert await door.audited() == before
    else:
        assert outcome.capitalize() in said
        assert await door.audited() == [*before, f"member.{TRANSITIONS[verb].past}"]


async def test_archiving_keeps_the_suspension(door: Door):
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, "/member suspend nia")
    await door.says(ADA, "/member archive nia")
    assert "Nia" not in heard(await door.says(ADA, "/member list"))
    assert "Nia" in heard(await door.says(ADA, "/member list status:archived"))
    assert "Suspended" in heard(await door.says(ADA, "/member restore nia"))


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive", "remove"])
async def test_whoever_is_put_out_invites_nobody_any_more(door: Door, verb: str):
    await maple(door)
    await door.says("omar", "/invite create")
    code = await door.code()
    await door.says(ADA, f"/member {verb} omar")
    assert (await door.invitations())[0].revoked_at is not None
    assert "cannot be used" in heard(await door.says("leo", f"/join {code}"))
    assert "You may not" in heard(await door.says("omar", "/invite create"))


@pytest.mark.parametrize("line", [*(f"/member {verb.value} ada" for verb in Verb), "/member remove ada"])
async def test_the_primary_admin_is_protected(door: Door, line: str):
    await maple(door)
    before = await door.tables()
    said = heard(await door.says("omar", line))
    assert "You cannot do that to the Primary Admin of Maple Grove" in said
    assert await door.tables() == before


async def test_nobody_touches_those_above(door: Door):
    await maple(door)
    await door.says("root", f"/join {await door.code()}")
    said = heard(await door.says(ADA, "/member suspend root"))
    assert "You cannot change somebody who has rights that you do not have" in said
    assert (await door.members())["Root"] == "active"


async def test_roles_are_set_whole_and_within_the_ceiling(door: Door):
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    said = heard(await door.says(ADA, '/member roles person:nia roles:"Teacher, Observer"'))
    assert "Observer, Teacher" in said
    assert "You may not give the role District Admin" in heard(
        await door.says(ADA, '/member roles person:nia roles:"District Admin"')
    )
    assert "Nothing was changed" in heard(
        await door.says(ADA, '/member roles person:nia roles:"observer, teacher"')
    )
    assert "You cannot change your own" in heard(
        await door.says(ADA, "/member roles person:ada roles:Viewer")
    )


async def test_the_first_admin_who_is_at_work_becomes_the_primary(door: Door):
    await door.says("root", "/district create North")
    await door.says("root", "/school create Oak district:North access:public approval:automatic")
    await door.says("nia", "/join school:Oak")
    await door.says("root", "/member suspend nia")
    await door.says("root", '/member roles person:nia roles:"School Admin"')
    assert (await door.school()).primary_admin_id is None
    await door.says("root", "/member archive nia")
    await door.says("root", "/member reinstate nia")
    assert (await door.school()).primary_admin_id is None
    await door.says("root", "/member restore nia")
    assert (await door.school()).primary_admin_id is not None
    assert "Nia" in heard(await door.says("nia", "/school show"))


async def test_on_a_full_list_people_are_put_out_and_come_back_all_the_same(door: Door):
    """Only adding people to the list takes a place."""
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says("root", "/system edit members_a_school:3")
    for verb in (Verb.SUSPEND, Verb.REINSTATE, Verb.DEACTIVATE, Verb.REACTIVATE, Verb.ARCHIVE):
        assert not (await door.says(ADA, f"/member {verb.value} nia")).refused


async def test_lifting_a_suspension_ends_no_invitation(door: Door):
    await maple(door)
    await door.says(ADA, "/member suspend omar")
    school = await door.school()

    def invited_all_the_same(uow: UnitOfWork) -> Invitation:
        omar = uow.people.by_account(caller("omar").account)
        assert omar is not None
        return build.invitation(uow, school, omar)

    made = await door.database.run(invited_all_the_same)
    await door.says(ADA, "/member reinstate omar")
    assert await state(door, made) is InvitationState.OPEN


@pytest.mark.parametrize("line", ["/member suspend omar", "/member remove omar"])
async def test_an_invitation_tells_who_ended_it(door: Door, line: str):
    await maple(door)
    await door.says("omar", "/invite create")
    code = await door.code()
    await door.says(ADA, line)
    assert "by Ada" in heard(await door.says(ADA, f"/invite show {code}"))


async def test_of_whom_a_part_of_the_name_was_typed_is_named_to_those_who_may_list_them(door: Door):
    await maple(door)
    await door.says(ADA, "/member create first_name:Nia last_name:Okafor email:nia@example.org")
    before = await door.tables()
    said = heard(await door.says(ADA, "/member suspend nia"))
    assert said.startswith("I cannot find a member of that name here.\nDid you mean Nia Okafor?")
    assert heard(await door.says(ADA, "/member suspend zzz")).startswith("I cannot find that member here.")
    for line in ("/member suspend nia", "/member show nia"):
        assert "Okafor" not in heard(await door.says("eve", line))
    assert await door.tables() == before


async def test_what_was_typed_behind_a_name_is_kept_for_what_the_command_needs_next(door: Door):
    await maple(door)
    await door.says(ADA, "/member create first_name:Nia last_name:Okafor email:nia@example.org")
    said = (await door.says(ADA, "/member roles nia okafor School Admin")).answer
    assert isinstance(said, Card)
    (menu,) = (block for block in said.blocks if isinstance(block, Select))
    assert menu.action is not None
    (nia,) = menu.items
    chosen = menu.action.filled(person=nia.value)
    assert not chosen.ask
    assert "Roles\nSchool Admin" in heard(await door.clicks(ADA, chosen.command, **chosen.values))


async def test_whoever_waits_is_not_removed_but_answered(door: Door):
    await maple(door, 'approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    before = await door.tables()
    refused = heard(await door.says(ADA, "/member remove nia"))
    assert "a request to join that waits; approve or reject it" in refused
    assert await door.tables() == before


async def test_a_suspension_from_before_comes_back_and_is_logged(door: Door):
    await maple(door)
    school, log = await door.school(), Log(door)
    await door.says(ADA, "/member deactivate omar")
    await log.fresh()

    def unit(uow: UnitOfWork) -> None:
        ada, omar = (uow.people.by_account(caller(name).account) for name in ("ada", "omar"))
        assert omar is not None
        lifecycle.reactivate_to(uow, Actor(ADA, ada), school, omar.id, Access.SUSPENDED)

    await door.database.run(unit)
    assert "Suspended" in heard(await door.says(ADA, "/member show omar"))
    assert await log.fresh() == (
        "Ada (web, Maple Grove) member.reactivated person:Omar\n  state=deactivated -> state=suspended\n"
    )


async def test_the_log_counts_no_invitations_where_none_ended(door: Door):
    await maple(door)
    log = Log(door)
    await log.fresh()
    await door.says(ADA, "/member remove omar")
    assert await log.fresh() == (
        "Ada (web, Maple Grove) member.removed person:Omar\n  standing=active, access=ok -> -\n"
    )
