"""Each change of an addressed invitation: the addressee, what is stored, what is logged."""

from collections.abc import Callable
from datetime import datetime, timedelta
from textwrap import dedent
from typing import Any

import pytest

from bot.core.errors import BadValue
from bot.core.invitations import addressed, reissuing, sending
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.invitations import Invitation, InvitationState
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller
from tests.core.door import Door, actions_in, as_, heard, maple
from tests.core.invited import ADA, INVITE, NIA, addressee, link, newest
from tests.core.logged import Log
from tests.world import caller

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)

HOUR = timedelta(hours=1)


async def test_the_log_tells_each_change_with_its_time(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"{INVITE} roles:Staff expires:2026-09-05T08:00 note:hers")
    made = await newest(door)
    assert made.role == "Staff"
    log = Log(door)
    log.seen |= {one.id for one in (await door.audit_entries())[:-1]}
    for command, more in (
        ("send", {"at": "2026-09-02 10:00"}),
        ("send", {}),
        ("resend", {"at": "2026-09-03 10:00"}),
        ("resend", {}),
        ("clear", {}),
    ):
        assert not (await door.clicks(ADA, f"invite {command}", invitation=made.id, **more)).refused
    grants = [{"school": "Maple Grove", "role": "Staff"}]
    assert await log.fresh() == dedent(f"""\
        Ada (web, Maple Grove) invitation.created invitation:hers
          - -> person=Nia, way=email, grants={grants}, expires_at=2026-09-05T08:00:00+00:00
        Ada (web, Maple Grove) invitation.queued invitation:hers
          - -> at=2026-09-02T10:00:00+00:00
        Ada (web, Maple Grove) invitation.queued invitation:hers
          - -> at=None
        Ada (web, Maple Grove) invitation.resent invitation:hers
          - -> at=2026-09-03T10:00:00+00:00
        Ada (web, Maple Grove) invitation.resent invitation:hers
          - -> at=None
        Ada (web, Maple Grove) invitation.cleared invitation:hers
          - -> state=cleared
        """)


async def test_the_log_names_a_system_administrator_of_the_settings_as_inviter(door: Door) -> None:
    await maple(door, invite=None)
    await door.says("root", "/invite person name:Nia")
    log = Log(door)
    assert "\nRoot (web, Maple Grove) invitation.created" in await log.fresh()


def _spied(monkeypatch: pytest.MonkeyPatch) -> list[datetime | None]:
    """Record for when each invitation is queued, in a unit that need not be finished."""
    times: list[datetime | None] = []
    queue = sending.queue

    def noted(uow: UnitOfWork, invitation: Invitation, at: datetime | None = None) -> Invitation:
        times.append(at)
        return queue(uow, invitation, at)

    monkeypatch.setattr(sending, "queue", noted)
    return times


async def test_what_waits_for_its_time_is_queued_once_for_each_time_that_is_chosen(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door, invite=None)
    await door.says(ADA, INVITE)
    made, school, times = await newest(door), await door.school(), _spied(monkeypatch)
    soon, later = door.clock.now() + HOUR, door.clock.now() + 2 * HOUR

    def unit(uow: UnitOfWork) -> None:
        for at in (later, later, soon, soon, None, None, later, later):
            addressed.send(uow, as_(uow, ADA), made, school, at)
        for at in (soon, None, later):
            addressed.resend(uow, as_(uow, ADA), made, school, at)

    await door.database.run(unit)
    assert times == [later, soon, None, later, soon, None, later]
    to = await addressee(door)
    assert to.send_at == later


async def test_its_time_lies_before_its_end(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"{INVITE} expires:2026-09-05T08:00")
    made, school = await newest(door), await door.school()
    end = made.expires_at
    assert end is not None

    def at(uow: UnitOfWork, when: datetime) -> Invitation:
        return addressed.send(uow, as_(uow, ADA), made, school, when)

    with pytest.raises(BadValue) as refused:
        await door.database.run(lambda uow: at(uow, end))
    words = "is when it has expired already: choose an earlier time, or make a new one"
    assert (refused.value.option, refused.value.problem) == ("at", words)
    sent = await door.database.run(lambda uow: at(uow, end - timedelta(seconds=1)))
    assert sent.state(door.clock.now()) is InvitationState.SCHEDULED


async def test_the_longest_time_that_a_school_allows_begins_when_it_is_sent(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school limits longest_days:7")
    await door.says(ADA, INVITE)
    made, school, now = await newest(door), await door.school(), door.clock.now()

    def sent(when: datetime | None) -> Callable[[UnitOfWork], Invitation]:
        return lambda uow: addressed.send(uow, as_(uow, ADA), made, school, when)

    later = now + timedelta(days=10)
    scheduled = await door.database.run(sent(later))
    assert scheduled.state(now) is InvitationState.SCHEDULED
    assert await newest(door) == scheduled
    assert (scheduled.expires_at, scheduled.token) == (later + timedelta(days=7), made.token)
    assert (await door.database.run(sent(later))).expires_at == scheduled.expires_at
    door.clock.forward(timedelta(days=2))
    hurried = await door.database.run(sent(None))
    assert hurried.expires_at == door.clock.now() + timedelta(days=7)


async def test_an_end_that_was_chosen_stays(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school limits longest_days:7")
    await door.says(ADA, f"{INVITE} expires:5d")
    made, school = await newest(door), await door.school()
    later = door.clock.now() + timedelta(days=3)
    await door.database.run(lambda uow: addressed.send(uow, as_(uow, ADA), made, school, later))
    assert (await newest(door)).expires_at == made.expires_at


async def test_one_that_was_handed_over_counts_as_sent_and_nothing_went_wrong(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person name:Nia")
    await door.clicks(ADA, "invite send", invitation=(await newest(door)).id)
    to = await addressee(door)
    assert (to.send_at, to.send_error, to.sent_at) == (None, "", door.clock.now())


async def test_a_school_that_gives_one_use_alone_can_invite_one_person(door: Door) -> None:
    await maple(door, invite=None)
    assert not (await door.says(ADA, "/school limits most_uses:1 longest_days:9")).refused
    assert not (await door.says(ADA, INVITE)).refused
    made = await newest(door)
    assert made.expires_at == door.clock.now() + timedelta(days=9), (
        "it lasts no longer than the school allows"
    )


ACCOUNT = "to:<@u9|zoe> name:Zoe"


@pytest.mark.parametrize("command", ["send", "resend", "clear"])
async def test_one_for_everybody_is_neither_sent_nor_cleared(door: Door, command: str) -> None:
    await maple(door)
    told = heard(await door.clicks(ADA, f"invite {command}", invitation=(await newest(door)).id))
    assert "is for anybody who has it: pass its link or code on, or revoke it." in told


@pytest.mark.parametrize("line", ["/invite create", "/invite person name:Nia"])
async def test_a_second_click_on_reissue_shows_the_new_invitation(door: Door, line: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, line)
    old = await newest(door)
    assert not (await door.clicks(ADA, "invite reissue", invitation=old.id)).refused
    new = await newest(door)
    made = len(await door.invitations_of("Maple Grove"))
    again = await door.clicks(ADA, "invite reissue", invitation=old.id)
    assert again.refused
    assert "A new one has already been made in its place." in heard(again)
    (shown,) = actions_in(again).values()
    assert shown.values == {"invitation": new.id}
    assert len(await door.invitations_of("Maple Grove")) == made
    assert not (await door.clicks(ADA, "invite reissue", invitation=new.id)).refused
    assert len(await door.invitations_of("Maple Grove")) == made + 1


async def test_an_open_invitation_is_made_again_just_as_it_was(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite create role:Staff uses:7 expires:2d note:Welcome label:Flyer")
    old = await newest(door)
    door.clock.forward(12 * HOUR)
    assert not (await door.clicks(ADA, "invite reissue", invitation=old.id)).refused
    new = await newest(door)
    assert new.id != old.id
    assert (new.role, new.uses_allowed, new.note, new.label) == ("Staff", 7, "Welcome", "Flyer")
    assert old.expires_at is not None
    assert new.expires_at == door.clock.now() + (old.expires_at - old.created_at)


@pytest.mark.parametrize("to", [ACCOUNT, "to:nia@example.org name:Nia", "name:Nia"])
async def test_one_for_a_person_is_made_again_for_the_same_person(door: Door, to: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak"')
    await door.says(
        ADA, f'/invite person {to} roles:Staff schools:Oak school:"Maple Grove" expires:2d note:Hello'
    )
    (old,) = [one for one in await door.invitations_of("Maple Grove") if one.to]
    assert not (await door.clicks(ADA, "invite reissue", invitation=old.id)).refused
    new, *_ = await door.invitations_of("Maple Grove")
    assert (new.to, new.note, new.school_id) == (old.to, "Hello", old.school_id)
    assert (new.id == old.id, new.token == old.token) == (False, False)

    def grants(uow: UnitOfWork, of: Invitation) -> set[tuple[str, str]]:
        return {(one.school_id, one.role) for one in uow.addressed.grants(of.id)}

    given = await door.database.read(lambda uow: grants(uow, old))
    assert len(given) == 2
    assert await door.database.read(lambda uow: grants(uow, new)) == given


async def test_what_waits_for_somebody_is_found_by_who_they_are(door: Door) -> None:
    """Zoe was invited by her name alone, and has linked an account since."""
    await maple(door, invite=None)
    await door.says(ADA, "/invite person name:Zoe")
    made = await newest(door)
    to = await addressee(door)
    await door.clicks(ADA, "invite send", invitation=made.id)
    zoe = caller("zoe")
    await door.database.run(lambda uow: uow.accounts.link(zoe.account, to.person_id, uow.now))

    def waiting(uow: UnitOfWork, who: Caller) -> list[str]:
        return [one.id for one in addressed.waiting_for(uow, as_(uow, who), 5)]

    assert await door.database.read(lambda uow: waiting(uow, zoe)) == [made.id]
    assert await door.database.read(lambda uow: waiting(uow, caller("eve"))) == []


async def test_nobody_can_accept_for_an_erased_person(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person name:Nia")
    made, to = await newest(door), await addressee(door)
    await door.database.run(lambda uow: uow.accounts.erase(to.person_id, uow.now))
    stored = await door.known()
    for who in (NIA, caller("eve")):
        told = heard(await door.clicks(who, "invite accept", invitation=link(made)))
        assert told.startswith("That invitation cannot be used.")
    assert await door.known() == stored


async def test_the_schools_of_an_offer_are_held_in_one_order(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who invite to the same schools, in a different order, do not deadlock."""
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak"')
    held: list[str] = []

    def unit(uow: UnitOfWork) -> list[str]:
        monkeypatch.setattr(type(uow.schools), "lock", lambda _, one: held.append(one))
        place = ADA.workspace
        assert place is not None
        schools = uow.schools.linked_to(place)
        for given in (schools, schools[::-1]):
            offer = Offer(tuple((one, "Viewer") for one in given))
            to = Invitee("Zoe", account=AccountKey("web", given[0].name))
            addressed.create(uow, as_(uow, ADA), to, offer)
        return sorted(one.id for one in schools)

    schools = await door.database.run(unit)
    assert held == [*schools, *schools]


@pytest.mark.parametrize("what", ["send", "resend"])
async def test_what_is_handed_over_has_no_time_to_go_out(door: Door, what: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person name:Nia")
    made = await newest(door)
    before = await door.tables()
    told = heard(await door.says(ADA, f'/invite {what} invitation:{made.code} at:"Friday 17:00"'))
    assert told == "at is for what I send: this link and code you hand over yourself, when you like."
    assert await door.tables() == before


async def test_schools_are_held_before_the_invitation_that_is_made_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Suspending the inviter locks the school first: another order would deadlock."""
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak" approval:automatic')
    await door.says(ADA, '/invite person to:nia@example.org name:Nia school:Oak schools:"Maple Grove"')
    (made,) = (one for one in await door.invitations_of("Oak") if one.to)
    assert ADA.workspace is not None
    here = ADA.workspace
    schools = sorted(one.id for one in await door.database.read(lambda uow: uow.schools.linked_to(here)))
    done: list[str] = []

    def again(uow: UnitOfWork) -> None:
        oak = uow.schools.by_id(made.school_id)
        assert oak is not None
        kinds = (type(uow.schools), "lock"), (type(uow.invitations), "revoke")
        for kind, name in kinds:
            monkeypatch.setattr(kind, name, _noting(getattr(kind, name), done))
        reissuing.reissue(uow, as_(uow, ADA), made, oak)

    await door.database.run(again)
    assert done[:3] == [*schools, made.id]


def _noting(call: Callable[..., Any], done: list[str]) -> Callable[..., Any]:
    def noted(known: object, which: str, **more: object) -> Any:
        done.append(which)
        return call(known, which, **more)

    return noted
