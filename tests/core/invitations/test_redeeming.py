"""What a code leads to."""

from datetime import timedelta

import pytest

from bot.chat.replies import Form
from bot.core.errors import OwnMembership
from bot.core.invitations import invitations, link_views, redeeming
from bot.core.people import members
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.schools import Approval
from bot.core.workspaces import events as workspace_events
from tests.core.door import Door, as_, heard, maple
from tests.core.invited import becomes_the_invited, roles
from tests.core.place import Place
from tests.fakes.door import FakeInvitations
from tests.world import START, caller


async def test_a_code_that_was_handed_over_asks_what_the_school_asks(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says("ada", '/school questions question_1:"Which class?"')
    await door.says("ada", "/invite person name:Nia")
    form = (await door.says("nia", f"/join {await door.code()}")).answer
    assert isinstance(form, Form)
    assert [field.option.title for field in form.fields] == ["Which class?"]


async def test_a_code_that_lets_in_at_once_asks_nothing(door: Door) -> None:
    await maple(door)
    await door.says("ada", '/school questions question_1:"Which class?"')
    assert "Welcome" in heard(await door.says("nia", f"/join {await door.code()}"))


async def test_an_admin_of_the_district_who_is_no_member_is_told_why_a_code_is_dead(door: Door) -> None:
    await door.says("root", "/district create North")
    await door.says("dora", "/me")
    await door.says("root", "/school create Elm district:North access:public approval:automatic")
    await door.says("dora", "/join school:Elm")
    await door.says("root", '/district grant person:dora role:"District Admin" district:North')
    await door.says("root", "/school create Oak district:North")
    await door.says("root", "/invite create school:Oak")
    (made,) = await door.invitations_of("Oak")
    await door.says("root", f"/invite revoke {made.code}")
    assert "This invitation is revoked" in heard(await door.says("dora", f"/join {made.code}"))
    assert "That invitation cannot be used" in heard(await door.says("eve", f"/join {made.code}"))


async def test_invited_people_can_ask_by_an_open_code_like_others(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    code = await door.code()
    await door.says("ada", "/invite person to:nia roles:Staff")
    (made,) = (one for one in await door.invitations() if one.to)
    await becomes_the_invited(door, "nia", made)
    assert "is waiting" in heard(await door.says("nia", f"/join {code}"))
    (request,) = await door.requests()
    assert (request.role, request.late) == ("Viewer", "")


async def test_a_person_who_joined_another_way_at_that_moment_is_a_member_already(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door)
    code = await door.code()
    before = await door.known()
    await door.database.read(lambda uow: monkeypatch.setattr(type(uow.members), "add", lambda *_: False))
    told = heard(await door.says("nia", f"/join {code}"))
    assert told.startswith("You are already a member of Maple Grove.")
    assert await door.known() == before, "and no use is taken"


async def test_applicants_join_at_once_by_a_code_without_approval(door: Door) -> None:
    await maple(door, "access:public", 'approval:"by request"', invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    await door.says("ada", "/school edit invitation_skips_approval:yes")
    await door.says("ada", "/invite create role:Staff uses:1")
    made = (await door.invitations())[0]

    def seen(uow: UnitOfWork) -> object:
        return link_views.look(uow, made.token, as_(uow, "nia"))

    assert isinstance(await door.database.read(seen), link_views.Open)
    before = len(await door.audited())
    assert "Welcome to Maple Grove" in heard(await door.says("nia", f"/join {made.code}"))
    assert await roles(door, "Nia") == ("Staff",)
    assert await door.requests() == []
    assert (await door.audited())[before:] == ["invitation.redeemed"]
    assert isinstance(await door.database.read(seen), link_views.AlreadyKnown)


@pytest.mark.parametrize("kept", ["suspended", "banned", "asked", "rejected"])
async def test_whoever_waits_and_is_kept_out_waits_on(door: Door, kept: str) -> None:
    await maple(door, "access:public", 'approval:"by request"', invite=None)
    await door.says("nia", '/join school:"Maple Grove"')
    if kept == "rejected":
        await door.says("ada", "/request reject nia")
        door.clock.forward(timedelta(days=31))
        await door.says("nia", '/join school:"Maple Grove"')
    if kept != "asked":
        await door.says("ada", "/school edit invitation_skips_approval:yes")
    await door.says("ada", "/invite create role:Staff")
    made = (await door.invitations())[0]
    if kept == "suspended":
        await door.says("ada", "/member suspend nia")
    if kept == "banned":
        nia = caller("nia")
        assert nia.workspace is not None
        place = nia.workspace
        await door.database.run(lambda uow: workspace_events.banned(uow, place, nia.account))
    before = await door.tables()
    told = heard(await door.says("nia", f"/join {made.code}"))
    assert ("is suspended" if kept == "suspended" else "has been waiting") in told
    assert await door.tables() == before
    seen = await door.database.read(lambda uow: link_views.look(uow, made.token, as_(uow, "nia")))
    assert isinstance(seen, link_views.AlreadyKnown)


@pytest.mark.parametrize(
    ("role", "enters"), [("Viewer", True), ("School Admin", True), ("Teacher", False), ("Proctor", False)]
)
def test_nobody_gets_by_their_own_invitation_what_they_only_give_to_others(
    role: str, *, enters: bool
) -> None:
    """Whoever looks after a district may be a member of its schools, but conducts no assessments by that."""
    place = Place()
    place.uow.districts.add(District("north", "North", START))
    oak = place.another_school("Oak", district_id="north", approval=Approval.AUTOMATIC)
    dora = place.person("dora")
    place.uow.districts.assign(dora.id, DISTRICT_ADMIN.name, "north", by=None, at=START)
    head = place.actor(dora)
    made = invitations.create(place.uow, head, oak, role=role)
    if enters:
        assert isinstance(redeeming.redeem(place.uow, head, made.code), redeeming.Redeemed)
        membership = place.uow.members.of(oak.id, dora.id)
        assert membership is not None
        member = place.uow.members.by_id(oak.id, membership.id)
        assert member is not None
        assert member.roles == (role,)
    else:
        with pytest.raises(OwnMembership):
            redeeming.redeem(place.uow, head, made.code)
        other = place.actor(place.person("nia"))
        assert isinstance(redeeming.redeem(place.uow, other, made.code), redeeming.Redeemed)


def test_letting_in_a_person_who_waits_returns_their_membership() -> None:
    place = Place()
    nia = place.person("nia")
    former = place.add_membership(nia, Standing.PENDING)
    made = members.activate(place.uow, place.school_id, nia.id, "Viewer", by=None, former=former)
    assert made is not None
    assert made == place.uow.members.of(place.school_id, nia.id)


def test_whoever_redeems_a_code_holds_its_school_and_who_is_only_shown_its_questions_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = Place()
    made = invitations.create(place.uow, place.admin, place.school)
    nia = place.actor(place.person("nia"))
    held = []
    found = FakeInvitations.with_school

    def with_school(repository: FakeInvitations, code: str, token: str, *, hold: bool) -> object:
        held.append(hold)
        return found(repository, code, token, hold=hold)

    monkeypatch.setattr(FakeInvitations, "with_school", with_school)
    redeeming.questions_for(place.uow, nia, made.code)
    redeeming.redeem(place.uow, nia, made.code)
    assert held == [False, True]
