"""What admins do with addressed invitations, and where these are listed."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.invitations.addressees import Way
from bot.core.invitations.invitations import Invitation, InvitationFilter, InvitationState
from bot.core.notices.notices import Audience
from bot.core.ports import UnitOfWork
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import ADA, BEA, INVITE, NIA, link, newest, state
from tests.fakes.database import FakeDatabase
from tests.world import START, caller

UNUSABLE = "That invitation cannot be used."


async def _waiting(door: Door) -> list[tuple[Audience, str]]:
    """List the queued notices about invitations: for whom, and when they are due."""
    if not isinstance(door.database, FakeDatabase):
        pytest.skip("the fake shows its outbox")
    queued = [one.notice for one in door.database.state.outbox.values() if one.waits]
    return [(one.audience, f"{one.due_at:%d %H}") for one in queued if one.subject.startswith("invitation:")]


async def test_it_is_sent_when_the_button_is_clicked_and_not_before(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, INVITE)
    made = await newest(door)
    assert await state(door, made) is InvitationState.NOT_SENT
    assert await _waiting(door) == []
    told = heard(await door.clicks(ADA, "invite send", invitation=made.id))
    assert "The invitation for Nia goes out" in told
    assert "nia@example.org" in told
    assert await state(door, made) is InvitationState.SCHEDULED
    assert [audience for audience, _ in await _waiting(door)] == [Audience.ADDRESSEE_BY_MAIL]


@pytest.mark.parametrize("to", ["to:nia@example.org name:Nia", "name:Nia"])
async def test_a_second_click_on_send_changes_nothing(door: Door, to: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person {to}")
    made = await newest(door)
    first = await door.clicks(ADA, "invite send", invitation=made.id)
    before = await door.tables()
    again = await door.clicks(ADA, "invite send", invitation=made.id)
    assert heard(again) == heard(first)
    assert await door.tables() == before


async def test_it_is_sent_later_at_an_hour_of_the_inviters_zone(door: Door) -> None:
    await maple(door, invite=None)
    yuki = replace(caller("yuki"), zone="Asia/Tokyo")
    await door.says(ADA, '/invite create role:"School Admin"')
    await door.says(yuki, f"/join {await door.code()}")
    await door.says(yuki, INVITE)
    made = await newest(door)
    assert (await door.clicks(yuki, "invite send", invitation=made.id, at="yesterday")).refused
    await door.clicks(yuki, "invite send", invitation=made.id, at="2026-09-03 09:00")
    sent = await newest(door)
    assert sent.to is not None
    assert sent.to.send_at == START.replace(day=3, hour=0)
    assert await state(door, made) is InvitationState.SCHEDULED
    await door.clicks(yuki, "invite send", invitation=made.id, at="Now")
    assert [due for _, due in await _waiting(door)] == ["01 08"], "now instead"


async def test_a_cleared_one_sends_nothing_and_makes_way_for_a_new_one(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, INVITE)
    first = await newest(door)
    again = await door.says(ADA, INVITE)
    assert again.refused
    assert "already have an invitation waiting" in heard(again)
    cleared = await door.clicks(ADA, "invite clear", invitation=first.id)
    assert "Invitation for Nia cleared" in heard(cleared)
    assert (await door.clicks(ADA, "invite clear", invitation=first.id)).refused
    assert (await door.clicks(ADA, "invite send", invitation=first.id)).refused
    do = actions_in(cleared)["Make a new one"]
    assert heard(await door.clicks(ADA, do.command, **do.values)).startswith("Preview")
    fresh = await newest(door)
    assert fresh.token != first.token
    assert await state(door, first) is InvitationState.CLEARED
    assert heard(await door.clicks(caller("eve"), "invite accept", invitation=link(first))).startswith(
        UNUSABLE
    )
    assert "Welcome" in heard(await door.clicks(NIA, "invite accept", invitation=link(fresh)))
    assert await door.members() == {"Ada": "active", "Omar": "active", "Nia": "active"}


async def test_sending_again_ends_the_older_link_and_gives_as_much_time(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"{INVITE} expires:2d")
    old = await newest(door)
    door.clock.forward(timedelta(days=3))
    assert await state(door, old) is InvitationState.EXPIRED
    await door.clicks(ADA, "invite resend", invitation=old.id)
    new = await newest(door)
    assert (new.id, new.token == old.token, new.code == old.code) == (old.id, False, False)
    assert new.expires_at is not None
    assert timedelta(days=1, hours=23) < new.expires_at - door.clock.now() <= timedelta(days=2)
    assert heard(await door.clicks(NIA, "invite accept", invitation=link(old))).startswith(UNUSABLE)
    assert "Welcome" in heard(await door.clicks(NIA, "invite accept", invitation=link(new)))
    assert (await door.clicks(ADA, "invite resend", invitation=old.id)).refused


async def test_what_is_sent_again_gives_what_is_left_of_it(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak" approval:automatic')
    await door.says(ADA, f'{INVITE} school:"Maple Grove" schools:Oak expires:2d')
    (old,) = (one for one in await door.invitations_of("Maple Grove") if one.to)
    door.clock.forward(timedelta(days=3))
    assert not (await door.says("root", "/school archive school:Oak")).refused
    assert not (await door.clicks(ADA, "invite resend", invitation=old.id)).refused
    (new,) = (one for one in await door.invitations_of("Maple Grove") if one.to)
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(new)))
    assert "Welcome to Maple Grove" in told
    assert "Oak" in told


@pytest.mark.parametrize(
    ("settings", "refusal"),
    [
        ("to:nia@example", "is no e-mail address"),
        ("", "is missing: an e-mail address"),
        ("to:nia@example.org roles:Boss", "There is no role Boss here"),
        ('to:nia@example.org roles:"District Admin"', "You may not give the role"),
        ("to:nia@example.org schools:Nowhere", "cannot find that school"),
    ],
)
async def test_what_cannot_be_invited_is_refused(door: Door, settings: str, refusal: str) -> None:
    await maple(door, invite=None)
    before = await door.known()
    reply = (
        await door.says(ADA, f"/invite person {settings}")
        if settings
        else await door.clicks(ADA, "invite person", expires="7d")
    )
    assert refusal in heard(reply)
    assert await door.known() == before


async def test_nobody_gives_by_an_invitation_what_they_may_not_give(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/role create name:Clerk permissions:invitation.create,role.grant,member.read")
    await door.says(ADA, "/member roles person:Omar roles:Clerk")
    told = heard(await door.says("omar", f'{INVITE} roles:"School Admin"'))
    assert "You may not give the role School Admin" in told
    assert (await door.says("eve", INVITE)).refused


async def test_inviting_does_not_tell_that_another_school_knows_the_address(door: Door) -> None:
    """Inviting an address that another school knows looks everywhere as if it were unknown."""
    await maple(door, invite=None)
    await door.says(BEA, '/school create "Oak" approval:automatic')
    await door.says(BEA, "/member create email:nia@example.org first_name:Secret last_name:Name")
    shown = []
    for address in ("nia@example.org", "new@example.org"):
        told = heard(await door.says(ADA, f"/invite person to:{address} name:X{address[:3]}"))
        told += heard(await door.says(ADA, f"/member show X{address[:3]}"))
        told += heard(await door.says(ADA, f"/member list search:X{address[:3]}"))
        told += heard(await door.says(ADA, f"/invite show {await door.code()}"))
        code = (await newest(door)).code
        grouped = f"{code[:4]}-{code[4:8]}-{code[8:]}"
        shown.append(
            told.replace(address, "?")
            .replace(address[:3], "?")
            .replace(grouped, "?")
            .replace((await newest(door)).token, "?")
        )
        assert "Secret" not in told
    assert shown[0] == shown[1]


async def test_inviting_everyone_spares_whom_an_invitation_waits_for(door: Door) -> None:
    await maple(door, invite=None)
    add = "/member create email:{0}@example.org first_name:{0} last_name:Added invite:{1}"
    await door.says(ADA, add.format("one", "no"))
    await door.says(ADA, add.format("two", "now"))
    for act, after in (("invite later", InvitationState.NOT_SENT), ("invite", InvitationState.SCHEDULED)):
        plan = await door.says(ADA, f'/bulk plan act:"{act}"')
        assert "1 person" in heard(plan)
        do = actions_in(plan)["Apply"]
        await door.clicks(ADA, do.command, **do.values)
        made = await newest(door)
        assert made.to is not None
        assert made.to.email == "one@example.org"
        assert await state(door, made) is after
        again = heard(await door.says(ADA, f'/bulk plan act:"{act}"'))
        assert "Apply" not in again
        await door.clicks(ADA, "invite clear", invitation=made.id)


async def test_one_acceptance_gives_everything_that_can_still_be_given(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak Hill"')
    await door.says(ADA, '/school create "Elm Park" approval:automatic')
    told = heard(
        await door.says(
            ADA, f'{INVITE} roles:Staff,Observer schools:"Oak Hill, Elm Park" school:"Maple Grove"'
        )
    )
    assert "Oak Hill" in told
    made = await _newest_of(door, "Maple Grove")

    def archive(uow: UnitOfWork) -> None:
        (elm,) = [one for one in uow.schools.of_person(_ada(uow)) if one.name == "Elm Park"]
        uow.schools.save(replace(elm, archived_at=uow.now))

    await door.database.run(archive)
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    assert told.startswith("Welcome to Maple Grove\n")
    assert "Waits for an admin" in told, "Oak Hill asks an admin"
    assert "Not Staff in Elm Park: It no longer exists" in told
    assert (await door.audited()).count("invitation.accepted") == 1


def _ada(uow: UnitOfWork) -> str:
    person = uow.people.by_account(ADA.account)
    assert person is not None
    return person.id


async def _newest_of(door: Door, name: str) -> Invitation:
    def unit(uow: UnitOfWork) -> Invitation:
        (school,) = [one for one in uow.schools.of_person(_ada(uow)) if one.name == name]
        return uow.invitations.listed(school.id, InvitationFilter(), limit=1)[0]

    return await door.database.read(unit)


async def test_mentions_and_addresses_are_read_as_each_front_writes_them(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:<mailto:nia@example.org|nia@example.org>")
    made = await newest(door)
    assert made.to is not None
    assert (made.to.email, made.to.way, made.to.name) == ("nia@example.org", Way.EMAIL, "nia")
    await door.says(ADA, "/invite person to:<@U123|zoe> name:Zoe")
    made = await newest(door)
    assert made.to is not None
    assert made.to.account is not None
    assert (made.to.account.subject, made.to.way, made.to.email) == ("u123", Way.DM, "")


async def test_a_day_to_send_it_on_means_its_morning(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person to:zoe name:Zoe")
    made = await newest(door)
    await door.clicks(ADA, "invite send", invitation=made.id, at="2026-09-03")
    sent = (await newest(door)).to
    assert sent is not None
    assert sent.send_at == datetime(2026, 9, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "name", "email"),
    [
        ("to:'Nia  Okafor <nia@example.org>'", "Nia Okafor", "nia@example.org"),
        ("to:'Nia <mailto:nia@example.org|nia@example.org>'", "Nia", "nia@example.org"),
        ("to:'Nia Okafor <nia@example.org>' name:Ninny", "Ninny", "nia@example.org"),
        ("to:<nia@example.org>", "nia", "nia@example.org"),
        ("to:nia@example.org,", "nia", "nia@example.org"),
        ("to:'Nia Okafor <nia@example.org>; '", "Nia Okafor", "nia@example.org"),
    ],
)
async def test_an_address_may_be_copied_out_of_a_mail(door: Door, typed: str, name: str, email: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person {typed}")
    made = await newest(door)
    assert made.to is not None
    assert (made.to.name, made.to.email) == (name, email)


@pytest.mark.parametrize(
    "typed", ["nia@example.org, leo@example.org", "Nia <nia@example.org>; Leo <leo@example.org>"]
)
async def test_several_addresses_are_told_of_the_roster(door: Door, typed: str) -> None:
    await maple(door, invite=None)
    said = await door.says(ADA, f'/invite person to:"{typed}"')
    assert said.refused
    assert "bring them in as a list with roster import" in heard(said)
