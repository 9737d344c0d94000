"""Where a person can be told something: in all their chats, else by mail, else nowhere."""

import pytest

from bot.core.messages.broadcasts import tell_sender
from bot.core.notices import destinations
from bot.core.notices.mail_addresses import Recipient, recipient
from bot.core.notices.notices import Audience, CardCopy, Destination, Notice
from bot.core.people import erasure, members
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests import join_requests
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Caller, Person, Platform, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import DISTRICT_ADMIN, DISTRICT_USER, SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR, VIEWER
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.door import Door
from tests.core.place import APPROVALS, OTHER, Place
from tests.outbox import deliver_all
from tests.storage import build, messages

GOOGLE = AccountKey("google", "1234567890")
DISCORD, SLACK = AccountKey("discord", "42"), AccountKey("slack", "T1/U1")


def _person(uow: UnitOfWork, *keys: AccountKey, email: str = "nia@example.org") -> Person:
    made = Person(build.fresh_id(), "Nia Okafor", None)
    uow.people.add_unlinked(made)
    for key in keys:
        assert uow.accounts.link(key, made.id, uow.now)
    details = PersonDetails("Nia", "Okafor", email=email, zone="Europe/Berlin")
    assert uow.people.save_details(made.id, details)
    return made


def _told(uow: UnitOfWork, account: AccountKey) -> list[str]:
    destinations.tell_account(uow, "join_request:1", Audience.OUTCOME, account)
    return [str(one.to) for one in deliver_all(uow)]


async def test_an_account_of_a_chat_is_told_there(door: Door) -> None:
    await door.database.run(lambda uow: _person(uow, DISCORD, SLACK))
    assert await door.database.run(lambda uow: _told(uow, SLACK)) == ["slack/@T1/U1"]


async def test_an_account_that_only_signs_in_is_told_in_the_persons_chat(door: Door) -> None:
    await door.database.run(lambda uow: _person(uow, GOOGLE, DISCORD))
    assert await door.database.run(lambda uow: _told(uow, GOOGLE)) == ["discord/@42"]


async def test_a_person_without_a_chat_is_told_by_mail(door: Door) -> None:
    nia = await door.database.run(lambda uow: _person(uow, GOOGLE))
    whom = f"person:{nia.id}"
    assert await door.database.run(lambda uow: _told(uow, GOOGLE)) == [f"email/@{whom}"]
    found = await door.database.read(lambda uow: recipient(uow, whom))
    assert found == Recipient("nia@example.org", "Europe/Berlin")


async def test_unreachable_people_are_told_nothing_and_nothing_breaks(door: Door) -> None:
    await door.database.run(lambda uow: _person(uow, GOOGLE, email=""))
    assert await door.database.run(lambda uow: _told(uow, GOOGLE)) == []
    stranger = AccountKey("microsoft", "t/o")
    assert await door.database.run(lambda uow: _told(uow, stranger)) == []


async def test_of_a_message_whose_sender_nobody_can_reach_its_cards_are_drawn_and_nothing_breaks(
    door: Door,
) -> None:
    def unit(uow: UnitOfWork) -> list[str]:
        nia = _person(uow, GOOGLE, email="")
        sent = messages.message(uow, build.school(uow), nia)
        shown = Destination(Platform.DISCORD, "1", "2")
        uow.card_copies.add(
            CardCopy(build.fresh_id(), sent.subject, Audience.DOER, shown, "c", "m", "old"), uow.now
        )
        tell_sender(uow, sent, GOOGLE, again=True)
        return [f"{one.subject} {one.to}" for one in deliver_all(uow) if one.copy_id]

    assert len(await door.database.run(unit)) == 1


async def test_of_several_people_each_is_reached_where_they_are(door: Door) -> None:
    def unit(uow: UnitOfWork) -> None:
        both = _person(uow, DISCORD, SLACK)
        mailed = _person(uow, GOOGLE, email="leo@example.org")
        silent = _person(uow, email="")
        found = destinations.of_people(uow, [both.id, mailed.id, silent.id])
        assert {str(one) for one in found} == {"discord/@42", "slack/@T1/U1", f"email/@person:{mailed.id}"}

    await door.database.run(unit)


async def test_a_mail_goes_to_whom_its_person_became(door: Door) -> None:
    def unit(uow: UnitOfWork) -> Recipient | None:
        former, now = _person(uow, email="old@example.org"), _person(uow, email="new@example.org")
        uow.accounts.absorb(former.id, now.id)
        return recipient(uow, f"person:{former.id}")

    found = await door.database.run(unit)
    assert found is not None
    assert found.address == "new@example.org"


async def test_who_is_erased_has_no_address_and_nothing_that_waits(door: Door) -> None:
    def unit(uow: UnitOfWork) -> None:
        nia = _person(uow, GOOGLE)
        destinations.tell_account(uow, "join_request:1", Audience.OUTCOME, GOOGLE)
        assert uow.outbox.count_waiting() == 1
        erasure.own(uow, Actor(Caller(GOOGLE, "Nia", Platform.WEB), nia), confirmed=True)
        assert uow.outbox.count_waiting() == 0
        assert recipient(uow, f"person:{nia.id}") is None

    await door.database.run(unit)


async def test_what_names_nobody_has_no_address(door: Door) -> None:
    for whom in ("", "person:", "person:nobody", "invitation:nothing", "school:1"):
        assert await door.database.read(lambda uow, whom=whom: recipient(uow, whom)) is None  # type: ignore[misc]


@pytest.mark.parametrize(("first", "others"), [(DISCORD, ["slack", "email"]), (SLACK, ["discord", "email"])])
async def test_a_refused_message_goes_to_the_other_places(
    door: Door, first: AccountKey, others: list[str]
) -> None:
    def unit(uow: UnitOfWork) -> list[str]:
        _person(uow, DISCORD, SLACK)
        destinations.tell_account(uow, "join_request:1", Audience.OUTCOME, first)
        told: list[str] = []
        while sent := deliver_all(uow):
            (to,) = (one.to for one in sent)
            told.append(str(to.platform))
            refused = Notice(build.fresh_id(), "", "join_request:1", Audience.OUTCOME, to, uow.now)
            destinations.tell_elsewhere(uow, refused)
        return told[1:]

    assert await door.database.run(unit) == others


async def test_without_another_place_nobody_is_told(door: Door) -> None:
    def unit(uow: UnitOfWork) -> list[str]:
        _person(uow, DISCORD, email="")
        for account in (DISCORD, AccountKey("discord", "43")):
            to = Destination.direct(account)
            refused = Notice(build.fresh_id(), "", "join_request:1", Audience.OUTCOME, to, uow.now)
            destinations.tell_elsewhere(uow, refused)
        channel = Destination(Platform.DISCORD, "1", "2")
        destinations.tell_elsewhere(uow, replace(refused, to=channel))
        return [str(one.to) for one in deliver_all(uow)]

    assert await door.database.run(unit) == []


@pytest.mark.parametrize("others", [(), (DISCORD,)])
async def test_an_address_that_a_sign_in_proves_is_kept_for_whoever_has_neither_chat_nor_address(
    door: Door, others: tuple[AccountKey, ...]
) -> None:
    def unit(uow: UnitOfWork, email: str, proved: str) -> tuple[str, str]:
        key = AccountKey("google", build.fresh_id())
        chats = tuple(replace(one, subject=build.fresh_id()) for one in others)
        nia = _person(uow, key, *chats, email=email)
        caller = Caller(key, "Nia", Platform.WEB, verified_email=proved)
        destinations.keep_proved_address(uow, caller, nia.id)
        return uow.accounts.proved_email(nia.id), destinations.mail_only_address(uow, nia.id)

    async def kept(email: str, proved: str) -> tuple[str, str]:
        return await door.database.run(lambda uow: unit(uow, email, proved))

    in_chat = bool(others)
    assert await kept("", "nia@home.example") == (("", "") if in_chat else ("nia@home.example",) * 2)
    assert await kept("nia@example.org", "nia@home.example") == ("", "" if in_chat else "nia@example.org")
    assert await kept("", "") == ("", "")


def test_named_administrators_are_matched_by_the_whole_account() -> None:
    place = Place(named_administrators=frozenset({"oidc:staff:root", "discord:", "root"}))
    rex = place.person("rex", AccountKey("oidc", "staff:root"))
    place.person("eve", AccountKey("oidc", "staff"))
    place.person("eve", AccountKey("oidc:staff", "root"))
    assert access.named_administrators(place.uow) == {rex.id}


def test_what_was_for_a_channel_of_a_workspace_that_was_unlinked_waits_for_another_channel() -> None:
    place = Place()
    gone, same_id = (Destination.in_channel(one, "c") for one in (OTHER, WorkspaceKey(Platform.SLACK, "700")))
    here, direct = APPROVALS, Destination.direct(DISCORD)

    def served() -> list[bool]:
        return [destinations.serves(place.uow, place.school_id, to) for to in (here, gone, same_id, direct)]

    def nowhere() -> list[bool]:
        return [
            destinations.has_no_channel_left(place.uow, place.school_id, to)
            for to in (here, gone, same_id, direct)
        ]

    assert served() == [True, False, False, False]
    assert nowhere() == [False, True, True, False], "what is for somebody themselves needs no channel"
    place.with_approvals_channel()
    assert nowhere() == [False, False, False, False]


def test_applicants_are_not_told_of_their_own_request_as_approvers() -> None:
    place = Place(named_administrators=frozenset({"discord:root"}))
    place.person("root")
    place.uow.districts.add(District("north", "North", place.clock.now()))
    oak, dora = place.another_school("Oak", district_id="north"), place.person("dora")
    place.uow.districts.assign(dora.id, DISTRICT_ADMIN.name, "north", by=None, at=place.clock.now())
    join_requests.file(place.uow, place.actor(dora), dora, oak, VIEWER.name)
    request_clock.sweep(place.uow, ItemTracker())
    place.forward(days=2)
    request_clock.sweep(place.uow, ItemTracker())
    for audience in (Audience.APPROVER, Audience.REMINDER):
        assert [to for _, to in place.told(audience)] == ["discord/@root"], audience


async def test_without_admins_those_above_the_school_are_told(door: Door) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = District(build.fresh_id(), "North", uow.now)
        uow.districts.add(north)
        school, lone = build.school(uow, district_id=north.id), build.school(uow, "Lone")

        def able(of: School, excluding: str = "") -> set[str]:
            found = destinations.of_holders(uow, of.id, Permission.REQUEST_DECIDE, 9, excluding=excluding)
            return {str(one) for one in found}

        assert able(school) == able(lone) == set()
        root, dana, user = (
            build.person(uow, name, AccountKey("discord", name)) for name in ("Root", "Dana", "Uma")
        )
        uow.members.assign(root.id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
        assert able(school) == able(lone) == {"discord/@Root"}
        uow.districts.assign(user.id, DISTRICT_USER.name, north.id, by=None, at=uow.now)
        assert able(school) == {"discord/@Root"}, "who may only look decides nothing"
        uow.districts.assign(dana.id, DISTRICT_ADMIN.name, north.id, by=None, at=uow.now)
        assert (able(school), able(lone)) == ({"discord/@Dana"}, {"discord/@Root"})
        assert able(school, excluding=dana.id) == {"discord/@Root"}, "nobody decides their own"
        ada = build.person(uow, "Ada", AccountKey("discord", "Ada"))
        build.membership(uow, school, ada)
        members.grant(uow, school.id, ada.id, SCHOOL_ADMIN.name, by=None)
        assert able(school) == {"discord/@Ada"}

    await door.database.run(unit)
