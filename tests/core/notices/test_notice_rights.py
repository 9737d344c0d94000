"""Admins who have lost the right in the meantime get no notices about people."""

from collections import Counter

import pytest

from bot.core.ids import new_id
from bot.core.invitations.addressees import Addressee
from bot.core.notices import destinations, notice_rights
from bot.core.notices.notices import Audience, Destination, Loss, Notice, tell_once
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person, Platform, WorkspaceKey
from bot.core.values import replace
from bot.core.workspaces import events as workspace_events
from tests.core.broadcasts import crowd, drafted, work
from tests.core.door import Door, maple
from tests.core.place import APPROVALS, GUILD, Place, discord
from tests.outbox import deliver_all
from tests.storage import build, followings

OMAR = Destination.direct(AccountKey("web", "omar"))
TO_APPROVERS = (Audience.APPROVER, Audience.REMINDER, Audience.SNOOZED, Audience.ESCALATION)


async def _asks(door: Door) -> str:
    """Let Theo ask to join; return the subject of the request."""
    await maple(door, 'approval:"by request"')
    await door.says("theo", f"/join {await door.code()}")
    (request,) = await door.requests()
    return request.subject


async def _told(door: Door) -> list[tuple[Audience, Destination]]:
    """Take the waiting notices; return those that may still be told."""

    def unit(uow: UnitOfWork) -> list[Notice]:
        return [one for one in deliver_all(uow) if notice_rights.may_be_told(uow, one)]

    return [(one.audience, one.to) for one in await door.database.run(unit)]


async def _queued(door: Door, subject: str) -> None:
    """Queue every kind of notice about a request and a digest for Omar, and nothing else."""
    school = await door.school()

    def unit(uow: UnitOfWork) -> None:
        deliver_all(uow)
        for one in TO_APPROVERS:
            tell_once(uow, subject, one, OMAR, f"{subject} {one}")
            tell_once(uow, f"digest:{school.id}/2026-09-01", one, OMAR, f"digest {one}")
        tell_once(uow, subject, Audience.OUTCOME, OMAR, "outcome")

    await door.database.run(unit)


async def test_whoever_may_decide_is_told(door: Door) -> None:
    subject = await _asks(door)
    await _queued(door, subject)
    assert Counter(await _told(door)) == {
        **{(one, OMAR): 2 for one in TO_APPROVERS},
        (Audience.OUTCOME, OMAR): 1,
    }


@pytest.mark.parametrize(
    "line", ["/member suspend omar", "/member remove omar", "/member roles person:omar roles:Viewer"]
)
async def test_whoever_may_not_any_more_is_not(door: Door, line: str) -> None:
    subject = await _asks(door)
    await _queued(door, subject)
    assert not (await door.says("ada", line)).refused
    assert {one for one in await _told(door) if one[1] == OMAR} == {(Audience.OUTCOME, OMAR)}


async def test_cards_that_they_have_are_drawn_no_more(door: Door) -> None:
    subject = await _asks(door)
    copy = Notice("1", "k", subject, Audience.APPROVER, OMAR, door.clock.now(), copy_id="2")
    assert await door.database.read(lambda uow: notice_rights.may_be_told(uow, copy))
    await door.says("ada", "/member suspend omar")
    assert not await door.database.read(lambda uow: notice_rights.may_be_told(uow, copy))


async def test_a_channel_a_mail_and_who_rules_by_the_settings(door: Door) -> None:
    subject = await _asks(door)
    await door.says("omar", "/invite create role:Viewer")
    await door.says("root", f"/join {await door.code()}")

    def unit(uow: UnitOfWork) -> dict[str, bool]:
        channel = Destination.in_channel(WorkspaceKey(Platform.WEB, "playground"), "c")
        people = {name: uow.people.by_account(AccountKey("web", name)) for name in ("omar", "theo", "root")}
        mails = {name: Destination.by_mail(f"person:{one.id}") for name, one in people.items() if one}
        places = {**mails, "channel": channel, "nobody": replace(OMAR, account="nobody")}
        places |= {"ruler": Destination.direct(AccountKey("web", "root"))}
        places |= {"other": Destination.by_mail("invitation:1")}
        before = Person(new_id(uow.now), "Omar before")
        uow.people.add_unlinked(before)
        uow.accounts.absorb(before.id, people["omar"].id)  # type: ignore[union-attr]  # he is there
        places |= {"merged": Destination.by_mail(f"person:{before.id}")}
        notice = Notice("1", "k", subject, Audience.APPROVER, OMAR, uow.now)
        return {name: notice_rights.may_be_told(uow, replace(notice, to=to)) for name, to in places.items()}

    told = await door.database.run(unit)
    assert {name for name, may in told.items() if may} == {"omar", "channel", "root", "ruler", "merged"}


def test_what_is_no_schools_affair_any_more_is_told_to_nobody() -> None:
    """The request was deleted, or the channel is in a workspace from which the school was unlinked."""
    place = Place()
    nia = place.person("nia")
    ada, desk = Destination.direct(discord("ada")), APPROVALS

    def told(subject: str) -> list[bool]:
        notice = Notice("1", "k", subject, Audience.APPROVER, ada, place.clock.now())
        return [notice_rights.may_be_told(place.uow, replace(notice, to=to)) for to in (ada, desk)]

    request = build.join_request(place.uow, place.school, nia)
    assert told(request.subject) == [True, True]
    assert told("join_request:gone") == [False, False]
    assert place.uow.workspaces.unlink(place.school_id, GUILD)
    assert told(request.subject) == [True, False]


def test_a_chat_is_somebodys_while_their_account_or_an_invitation_for_it_is_known() -> None:
    place = Place()
    nia, eve = place.person("nia"), discord("eve")
    for to in (APPROVALS, destinations.mailbox("gone"), Destination.direct(discord("nia"))):
        assert notice_rights.recipient_exists(place.uow, "member:1", to)
    for_eve, for_nia = (
        build.invitation(
            place.uow, place.school, place.admin.known_person, to=Addressee(nia.id, "N", account=account)
        )
        for account in (eve, discord("nia"))
    )
    for subject, known in (
        (for_eve.subject, True),
        (for_nia.subject, False),
        (f"join_request:{for_eve.id}", False),
    ):
        assert notice_rights.recipient_exists(place.uow, subject, Destination.direct(eve)) is known


async def test_of_a_school_that_was_archived_only_who_oversees_it_is_told(door: Door) -> None:
    subject = await _asks(door)
    await _queued(door, subject)
    assert not (await door.says("root", "/school archive")).refused
    assert await _told(door) == [(Audience.OUTCOME, OMAR)]


async def test_what_differs_from_their_roles_is_told_to_who_makes_roles(door: Door) -> None:
    await maple(door)
    school = await door.school()

    def unit(uow: UnitOfWork) -> None:
        deliver_all(uow)
        thing = followings.thing(uow, school)
        for name in ("ada", "omar"):
            to = Destination.direct(AccountKey("web", name))
            tell_once(uow, thing.subject, Audience.ADMIN, to, name)

    await door.database.run(unit)
    await door.says("ada", '/member roles person:omar roles:"Staff"')
    assert await _told(door) == [(Audience.ADMIN, Destination.direct(AccountKey("web", "ada")))]


async def test_whom_a_message_did_not_reach_is_told_to_who_may_send_it(door: Door) -> None:
    """Its card names them; a card that names nobody stays its sender's, who learns why it was not sent."""
    await crowd(door)
    draft = await drafted(door, "omar")
    assert not (await door.clicks("omar", "message go", broadcast=draft)).refused
    copies = [
        Notice("1", "k", f"broadcast:{draft}", Audience.DOER, to, door.clock.now(), copy_id="2")
        for to in (OMAR, Destination.direct(AccountKey("web", "ada")))
    ]

    async def may() -> list[bool]:
        return await door.database.read(lambda uow: [notice_rights.may_be_told(uow, one) for one in copies])

    await door.says("ada", '/member roles person:omar roles:"Staff"')
    assert await may() == [True, True]
    await door.says("ada", '/member roles person:omar roles:"School Admin"')
    await work(door, {"ada": Loss.REFUSED})
    assert await may() == [True, True]
    await door.says("ada", "/member suspend omar")
    assert await may() == [False, True]


async def test_lists_of_people_grow_only_in_the_approvals_channel(door: Door) -> None:
    subject = await _asks(door)
    await door.says("ada", "/school approvals channel:approvals")
    school = await door.school()
    where = WorkspaceKey(Platform.WEB, "playground")

    def unit(uow: UnitOfWork) -> list[tuple[str, str, bool, bool]]:
        thing = followings.thing(uow, school)
        told = ((subject, Audience.APPROVER), (f"digest:{school.id}/2026-09-01", Audience.APPROVER))
        found = []
        for about, audience in (*told, (thing.subject, Audience.ADMIN)):
            for channel in ("approvals", "general"):
                to = Destination.in_channel(where, channel)
                fresh = Notice("1", "k", about, audience, to, uow.now)
                again = replace(fresh, copy_id="2")
                may = [notice_rights.may_be_told(uow, one) for one in (fresh, again)]
                found.append((about.partition(":")[0], channel, *may))
        return found  # type: ignore[return-value]  # there are two

    assert await door.database.run(unit) == [
        ("join_request", "approvals", True, True),
        ("join_request", "general", True, True),
        ("digest", "approvals", True, True),
        ("digest", "general", True, False),
        ("followed", "approvals", True, True),
        ("followed", "general", True, False),
    ]


async def test_that_somebody_was_banned_is_told_to_who_may_suspend(door: Door) -> None:
    await maple(door)
    await door.says("theo", f"/join {await door.code()}")
    where = WorkspaceKey(Platform.WEB, "playground")
    await door.database.run(deliver_all)
    await door.database.run(lambda uow: workspace_events.banned(uow, where, AccountKey("web", "theo")))
    await door.says("ada", '/member roles person:omar roles:"Staff"')
    assert await _told(door) == [(Audience.ADMIN, Destination.direct(AccountKey("web", "ada")))]
