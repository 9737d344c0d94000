"""Deeds that follow on each other, by two admins and in two schools."""

import pytest

from bot.core.invitations import sending
from bot.core.invitations.invitations import InvitationState
from bot.core.ports import UnitOfWork
from tests.core.deeds import (
    ADA,
    INVITE,
    OLA,
    OUT,
    TO_OAK,
    join_by_code,
    plan_and_apply,
    statuses,
)
from tests.core.door import Door, heard
from tests.core.people.test_accounts import code_in
from tests.fakes.addressed import FakeAddressed
from tests.fakes.schools import FakeSchools
from tests.world import caller

# These test the rules alone; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


async def test_a_school_that_removes_somebody_is_not_theirs_by_an_invitation_of_another(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    assert not (await both.says(OLA, "/member remove nia school:Oak")).refused
    shown = heard(await both.says("pia", f"/invite show {made.code}"))
    assert "Maple" in shown
    assert "Oak" not in shown
    assert "Welcome to Maple\n" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await statuses(both, "nia") == {"Maple": "active"}


async def test_what_another_school_offers_outlives_a_removal_here(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    await both.says(ADA, "/member remove nia school:Maple")
    assert "Welcome to Oak\n" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await statuses(both, "nia") == {"Oak": "active"}


async def test_an_invitation_that_every_school_took_back_is_cleared_and_can_be_made_anew(both: Door) -> None:
    await both.says("pia", INVITE)
    for who, name in ((OLA, "Oak"), (ADA, "Maple")):
        await both.says(who, f"/member remove nia school:{name}")
    (made, *_) = await both.invitations_of("Maple")
    assert made.state(both.clock.now()) is InvitationState.CLEARED
    assert not (await both.says("pia", f"/invite reissue {made.code}")).refused
    (fresh, *_) = await both.invitations_of("Maple")
    assert "Welcome to Maple\n" in heard(await both.says("nia", f"/invite accept {fresh.code}"))


@pytest.mark.parametrize(("deed", "past"), [("suspend", "suspended"), ("deactivate", "deactivated")])
async def test_barred_members_are_neither_added_elsewhere_nor_removed(
    both: Door, deed: str, past: str
) -> None:
    """After leaving, they could come back by any code."""
    code = await join_by_code(both, "Maple")
    await both.says(ADA, f"/member {deed} nia school:Maple")
    told = heard(await both.says("pia", f"{TO_OAK}nia"))
    assert "nobody this applies to" in told
    assert f"{OUT}\n2" in told
    assert (await both.says("nia", f"/join {code}")).refused
    assert await statuses(both, "nia") == {"Maple": past}


async def test_an_archived_member_stays_there_and_moves_from_another_school(both: Door) -> None:
    await join_by_code(both, "Maple")
    await both.says(OLA, "/school create Elm approval:automatic")
    await both.says(OLA, '/invite create role:"School Admin" uses:1 school:Elm')
    await both.says("pia", f"/join {(await both.invitations_of('Elm'))[0].code}")
    await join_by_code(both, "Elm")
    await both.says(OLA, "/member archive nia school:Elm")
    _, told = await plan_and_apply(both, f"{TO_OAK}nia")
    assert "2 memberships changed" in told
    assert f"{OUT}\n1" in told
    assert await statuses(both, "nia") == {"Oak": "active", "Elm": "archived"}


async def test_nobody_leaves_a_school_for_one_that_has_not_let_them_in(both: Door) -> None:
    await join_by_code(both, "Maple")
    await both.says("pia", INVITE)
    assert f"{OUT}\n2" in heard(await both.says("pia", f"{TO_OAK}nia"))
    (made, *_) = await both.invitations_of("Maple")
    await both.says("nia", f"/invite accept {made.code}")
    assert "1 membership changed" in (await plan_and_apply(both, f"{TO_OAK}nia"))[1]
    assert await statuses(both, "nia") == {"Oak": "active"}


@pytest.mark.parametrize(
    ("deed", "back"), [("suspend", "reinstate"), ("deactivate", "reactivate"), ("archive", "restore")]
)
async def test_nobody_is_written_to_who_is_kept_out_of_what_they_were_invited_to(
    both: Door, deed: str, back: str
) -> None:
    await both.says("pia", "/invite person to:nia roles:Staff school:Maple expires:30d")
    (made, *_) = await both.invitations_of("Maple")

    def nowhere(uow: UnitOfWork) -> bool:
        current = uow.invitations.by_id(made.id)
        return current is not None and sending.leads_nowhere(uow, current)

    assert not await both.database.read(nowhere)
    await both.says(ADA, f"/member {deed} nia school:Maple")
    assert await both.database.read(nowhere)
    status = "Lets nobody in: nia is kept out of the school"
    assert status in heard(await both.says("pia", f"/invite show {made.code}"))
    await both.says(ADA, f"/member {back} nia school:Maple")
    assert not await both.database.read(nowhere)
    assert status not in heard(await both.says("pia", f"/invite show {made.code}"))


async def test_who_is_kept_out_of_one_of_two_schools_is_invited_to_the_other(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    await both.says(OLA, "/member suspend nia school:Oak")
    assert not await both.database.read(lambda uow: sending.leads_nowhere(uow, made))


async def test_withdrawing_keeps_people_listed_while_an_invitation_waits(both: Door) -> None:
    await both.says(ADA, '/school edit approval:"by request" school:Maple')
    await join_by_code(both, "Maple")
    await both.says("pia", INVITE)
    (asked,) = await both.requests_of("Maple")
    await both.clicks("nia", "request withdraw", request=asked.id)
    assert await statuses(both, "nia") == {"Maple": "pending", "Oak": "pending"}
    assert "Nia" in heard(await both.says(ADA, "/member list view:pending school:Maple"))
    (made, *_) = await both.invitations_of("Maple")
    await both.says(ADA, f"/invite clear {made.code}")
    assert not (await both.says(ADA, "/member remove nia school:Maple")).refused
    await join_by_code(both, "Maple")
    (asked,) = await both.requests_of("Maple")
    await both.clicks("nia", "request withdraw", request=asked.id)
    assert await statuses(both, "nia") == {"Oak": "pending"}


async def test_who_removes_somebody_is_told_that_they_may_come_again(both: Door) -> None:
    code = await join_by_code(both, "Maple")
    removed = await both.says(ADA, "/member remove nia school:Maple")
    assert "They can come back with any code or link that works" in heard(removed)
    assert "Welcome to Maple" in heard(await both.says("nia", f"/join {code}"))


@pytest.mark.parametrize("deed", ["suspend", "deactivate", "archive", "remove"])
async def test_a_link_that_somebody_offered_ends_with_their_right_to(both: Door, deed: str) -> None:
    elsewhere = caller("eve", administers=True, workspace="elsewhere")
    offered = [code_in(heard(await both.says(who, "/school share school:Maple"))) for who in ("pia", ADA)]
    assert not (await both.says(ADA, f"/member {deed} pia school:Maple")).refused
    assert (await both.says(elsewhere, f"/school link {offered[0]}")).refused
    assert not (await both.says(elsewhere, f"/school link {offered[1]}")).refused


async def test_of_two_schools_with_one_name_the_archived_one_is_restored(both: Door) -> None:
    await both.says("root", "/school archive school:Maple")
    assert not (await both.says(OLA, "/school edit name:Maple school:Oak")).refused
    assert "The name Maple is already taken here" in heard(
        await both.says("root", "/school restore name:Maple")
    )
    await both.says(OLA, "/school edit name:Elm school:Maple")
    assert "Maple is open again" in heard(await both.says("root", "/school restore name:maple"))


@pytest.mark.parametrize("end", ["clear", "revoke", "decline"])
async def test_what_an_ended_invitation_left_on_a_list_keeps_nobody_from_the_next(
    both: Door, end: str
) -> None:
    await both.says("pia", "/invite person to:<@nia> schools:Oak school:Maple")
    (made, *_) = await both.invitations_of("Maple")
    await both.says("nia" if end == "decline" else "pia", f"/invite {end} {made.code}")
    await both.says("pia", "/invite person to:<@nia> school:Oak")
    (made, *_) = await both.invitations_of("Oak")
    assert "Welcome to Oak\n" in heard(await both.says("nia", f"/invite accept {made.code}"))


async def test_two_invitations_for_one_account_can_be_accepted_in_any_order(both: Door) -> None:
    await both.says("pia", "/invite person to:<@nia> school:Oak")
    (first, *_) = await both.invitations_of("Oak")
    await both.says("pia", "/invite person to:<@nia> schools:Oak roles:Staff school:Maple")
    (second, *_) = await both.invitations_of("Maple")
    assert "Welcome to Oak\n" in heard(await both.says("nia", f"/invite accept {first.code}"))
    assert "Welcome to Maple and Oak\n" in heard(await both.says("nia", f"/invite accept {second.code}"))


@pytest.mark.parametrize(
    "deed",
    [
        "",
        "/invite person to:nia roles:Staff school:Maple",
        "/member suspend nia school:Maple",
        "/member edit nia email:nia@example.org school:Maple",
    ],
)
async def test_a_school_hands_over_nothing_that_another_offers_or_knows(both: Door, deed: str) -> None:
    """Whoever takes the code that Oak gives becomes whom Maple lists, where that is all."""
    await both.says("pia", "/invite person name:Nia schools:Oak school:Maple")
    (made, *_) = await both.invitations_of("Maple")
    await both.says("pia", f"/invite clear {made.code}")
    await both.says("pia", "/invite person to:nia school:Oak")
    if deed:
        assert not (await both.says("pia", deed)).refused
    (made, *_) = await both.invitations_of("Oak")
    assert (await both.says("leo", f"/invite accept {made.code}")).refused is bool(deed)


async def test_a_refused_part_of_an_invitation_leaves_nothing_pending(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    await both.says(OLA, "/member remove pia school:Oak")
    assert "Not Staff in Oak" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await statuses(both, "nia") == {"Maple": "active"}
    assert "Nia" not in heard(await both.says(OLA, "/member list view:pending school:Oak"))


async def test_a_refused_part_of_an_invitation_leaves_an_earlier_request(both: Door) -> None:
    await both.says(OLA, '/school edit approval:"by request" access:public school:Oak')
    await both.says("nia", "/join school:Oak")
    await both.says("pia", "/invite person to:<@nia> schools:Maple school:Oak")
    (made, *_) = await both.invitations_of("Oak")
    await both.says(OLA, "/member roles pia roles:Viewer school:Oak")
    assert "Not Viewer in Oak" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await statuses(both, "nia") == {"Maple": "active", "Oak": "pending"}


async def test_what_a_school_takes_back_at_that_moment_is_not_accepted(
    both: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    assert made.to is not None
    addressee = made.to.person_id

    def lock(self: FakeSchools, school_id: str, **_: object) -> None:
        if self.state.schools[school_id].name == "Oak":
            FakeAddressed(self.state).withdraw_school(school_id, addressee, both.clock.now())

    monkeypatch.setattr(FakeSchools, "lock", lock)
    assert "Welcome to Maple\n" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert (await statuses(both, "nia")).get("Oak") != "active"
