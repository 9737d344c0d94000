"""What every store does with messages to many, those for whom they are, and the texts that are kept."""

from datetime import timedelta

import pytest

from bot.core.actors import AccountKey, Person
from bot.core.broadcasts import (
    KIND,
    Broadcast,
    BroadcastState,
    By,
    Failure,
    Hindrance,
    Recipient,
    RecipientState,
    Reckoning,
)
from bot.core.custom_roles import CustomRole
from bot.core.districts import District
from bot.core.holdings import Kind
from bot.core.message_templates import MessageTemplate
from bot.core.people import PersonDetails
from bot.core.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.stuck import Stuck, Thing
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store

DAY = timedelta(days=1)
WAITING, SENT, FAILED = RecipientState.WAITING, RecipientState.SENT, RecipientState.FAILED
ALL_TAGS = ("first_name", "last_name", "email", "name")


def _message(uow: UnitOfWork, school: School, writer: Person, **changes: object) -> Broadcast:
    made = Broadcast(
        *(build.fresh_id(), school.id, writer.id, "Trip", "Hello {{name}}", By.CHAT, "a-s\n", uow.now, "web")
    )
    made = replace(made, **changes)  # type: ignore[arg-type]  # the caller names fields
    uow.broadcasts.add(made)
    return made


def _member(uow: UnitOfWork, school: School, name: str, *, chat: bool = True, **details: object) -> Person:
    account = AccountKey("discord" if chat else "google", name)
    made = build.person(uow, name, account)
    if details:
        assert uow.people.save_details(made.id, PersonDetails(**details))  # type: ignore[arg-type]
    build.membership(uow, school, made)
    return uow.people.by_id(made.id) or made


def _crowd(uow: UnitOfWork) -> tuple[School, dict[str, Person]]:
    """Make a school with somebody for each way in which a message can come to somebody, or not."""
    school = build.school(uow)
    people = {
        "chat": _member(uow, school, "chat", email="c@example.org", first_name="C", last_name="H"),
        "mail": _member(uow, school, "mail", chat=False, email="m@example.org", last_name="L"),
        "nowhere": _member(uow, school, "nowhere", chat=False),
        "out": _member(uow, school, "out", message_notifications=False),
        "bare": _member(uow, school, "bare"),
    }
    return school, people


async def test_a_role_that_is_renamed_is_meant_by_messages_that_wait(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, elm, oak = build.person(uow), build.school(uow, "Elm"), build.school(uow, "Oak")
        desk = CustomRole(build.fresh_id(), elm.id, "D_sk", uow.now, frozenset())
        assert uow.roles.add(desk)
        wanted = {
            PeopleFilter(elm.id, role="D_sk", text="d_sk"): "Front",
            PeopleFilter(elm.id, role="D_sk 2", text="D_sk"): "D_sk 2",
            PeopleFilter(elm.id, role="Desk"): "Desk",
            PeopleFilter(elm.id, text="D_sk"): None,
            PeopleFilter(elm.id, "north", role="D_sk"): "D_sk",
            PeopleFilter(oak.id, role="D_sk"): "D_sk",
        }
        schools = {one.id: one for one in (elm, oak)}
        made = [_message(uow, schools[one.school_id], ada, wanted=one.pack()) for one in wanted]
        assert uow.roles.save(replace(desk, name="Front"), before=desk)
        for message, before in zip(made, wanted, strict=True):
            found = uow.broadcasts.by_id(message.id)
            assert found is not None
            assert found.wanted == replace(before, role=wanted[before]).pack()

    await store.run(unit)


async def test_a_message_is_stored_found_listed_and_changed_from_an_expected_state(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada = build.person(uow)
        district = District(build.fresh_id(), "North", uow.now)
        uow.districts.add(district)
        school = build.school(uow, district_id=district.id)
        first = _message(uow, school, ada)
        wide = _message(uow, school, ada, district_id=district.id)
        last = _message(uow, school, ada, by=By.MAIL)
        _message(uow, build.school(uow, "Oak"), ada)
        assert uow.broadcasts.by_id(first.id) == uow.broadcasts.hold(first.id) == first
        assert uow.broadcasts.by_id("nothing") is None
        assert list(uow.broadcasts.listed(school.id, wide=True, before=None, limit=9)) == [last, wide, first]
        assert list(uow.broadcasts.listed(school.id, wide=False, before=last.id, limit=9)) == [first]
        assert list(uow.broadcasts.listed(school.id, wide=True, before=None, limit=1)) == [last]
        over = replace(
            first,
            state=BroadcastState.REFUSED,
            hindrance=Hindrance.QUOTA,
            send_at=uow.now,
            started_at=uow.now,
            ended_at=uow.now,
            round=3,
            wanted="",
            facts="1 2 3 4",
        )
        assert not uow.broadcasts.save(over, expected=BroadcastState.SENDING)
        assert uow.broadcasts.save(over, expected=BroadcastState.DRAFT)
        assert uow.broadcasts.by_id(first.id) == over

    await store.run(unit)


async def test_what_is_scheduled_is_due_at_its_time_unless_it_is_put_off(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, school = build.person(uow), build.school(uow)
        scheduled = BroadcastState.SCHEDULED
        late, early, _future = (
            _message(uow, school, ada, state=scheduled, send_at=uow.now + days * DAY) for days in (-1, -2, 1)
        )
        _message(uow, school, ada, send_at=uow.now - DAY)  # a draft
        assert list(uow.broadcasts.due(uow.now, 9)) == [early, late]
        assert list(uow.broadcasts.due(uow.now, 1)) == [early]
        uow.stuck.put_off(Stuck(Thing(KIND, early.id), "Broken", 1, uow.now, uow.now + DAY))
        assert list(uow.broadcasts.due(uow.now, 9)) == [late]

    await store.run(unit)


@pytest.mark.parametrize(
    ("by", "ways"),
    [
        (By.CHAT, {"chat": By.CHAT, "mail": By.MAIL, "bare": By.CHAT}),
        (By.MAIL, {"chat": By.MAIL, "mail": By.MAIL}),
    ],
)
async def test_everyone_is_reckoned_and_stored_once_with_the_way_that_reaches_them(
    store: Store, by: By, ways: dict[str, By]
) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = _crowd(uow)
        assert uow.accounts.link(AccountKey("slack", "T1/U1"), people["chat"].id, uow.now)
        wanted = PeopleFilter(school.id)
        reckoned = uow.recipients.reckon(wanted, by, ())
        chats, mails = ([name for name, way in ways.items() if way is one] for one in (By.CHAT, By.MAIL))
        unreached = len(people) - 1 - len(ways)
        assert reckoned == Reckoning(len(chats), len(mails), 1, unreached)
        made = _message(uow, school, people["chat"])
        uow.recipients.fill(made.id, wanted, by)
        stored = {one.person_id: one for one in uow.recipients.listed(made.id, (), after="", limit=9)}
        for name, person in people.items():
            state = WAITING if name in ways else RecipientState.NOWHERE
            state = RecipientState.OPTED_OUT if name == "out" else state
            assert stored[person.id] == Recipient(made.id, person.id, state, ways.get(name))
        assert sum(uow.recipients.counts(made.id).values()) == len(people)

    await store.run(unit)


async def test_a_person_of_several_schools_of_a_district_is_one(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        district = District(build.fresh_id(), "North", uow.now)
        uow.districts.add(district)
        maple, oak = (build.school(uow, name, district_id=district.id) for name in ("Maple", "Oak"))
        both, one = _member(uow, maple, "both"), _member(uow, oak, "one")
        build.membership(uow, oak, both)
        _member(uow, build.school(uow, "Elsewhere"), "else")
        wanted = PeopleFilter(maple.id, district_id=district.id)
        assert uow.recipients.reckon(wanted, By.CHAT, ()).chat == 2
        made = _message(uow, maple, both, district_id=district.id)
        uow.recipients.fill(made.id, wanted, By.CHAT)
        found = uow.recipients.listed(made.id, (), after="", limit=9)
        assert [row.person_id for row in found] == sorted([both.id, one.id])

    await store.run(unit)


async def test_what_is_not_known_is_counted_and_shown_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = _crowd(uow)
        wanted = PeopleFilter(school.id)
        lacking = uow.recipients.reckon(wanted, By.CHAT, ALL_TAGS).lacking
        assert dict(lacking) == {"first_name": 2, "last_name": 1, "email": 1}
        assert dict(uow.recipients.reckon(wanted, By.CHAT, ("last_name",)).lacking) == {"last_name": 1}
        order = [people[name].id for name in ("bare", "mail", "chat")]
        assert list(uow.recipients.samples(wanted, By.CHAT, ALL_TAGS, 3)) == order
        assert list(uow.recipients.samples(wanted, By.CHAT, ALL_TAGS, 1)) == order[:1]
        found = uow.recipients.samples(PeopleFilter(school.id, text="c@example"), By.CHAT, (), 3)
        assert list(found) == [people["chat"].id]

    await store.run(unit)


async def test_what_became_of_somebody_is_stored_if_nothing_else_has(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = _crowd(uow)
        made = _message(uow, school, people["chat"])
        uow.recipients.fill(made.id, PeopleFilter(school.id), By.CHAT)
        waits = uow.recipients.of(made.id, people["chat"].id)
        assert waits is not None
        queued = replace(waits, state=RecipientState.QUEUED, notice_id=build.fresh_id(), at=uow.now)
        assert uow.recipients.settle(queued, expected=waits)
        assert not uow.recipients.settle(queued, expected=waits)
        assert uow.recipients.on_their_way(made.id) == 1
        another = replace(queued, notice_id=build.fresh_id())
        assert not uow.recipients.settle(replace(queued, state=SENT), expected=another)
        assert uow.recipients.settle(replace(queued, state=SENT), expected=queued)
        assert uow.recipients.on_their_way(made.id) == 0
        assert uow.recipients.counts(made.id)[SENT, By.CHAT, None] == 1
        waiting = uow.recipients.listed(made.id, (WAITING,), after="", limit=9)
        assert [one.person_id for one in waiting] == [people["mail"].id, people["bare"].id]
        after = uow.recipients.listed(made.id, (WAITING,), after=people["mail"].id, limit=9)
        assert [one.person_id for one in after] == [people["bare"].id]
        assert uow.recipients.of(made.id, "nobody") is None
        out = replace(waiting[0], state=RecipientState.OPTED_OUT, at=uow.now)
        assert uow.recipients.settle(out, expected=waiting[0])
        assert not uow.recipients.settle(out, expected=waiting[0])
        named = uow.recipients.named(made.id)
        assert [(name, email) for _, name, email in named][:2] == [("bare", ""), ("C H", "c@example.org")]

    await store.run(unit)


async def test_those_not_reached_wait_again_but_for_the_erased(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = _crowd(uow)
        made = _message(uow, school, people["chat"])
        uow.recipients.fill(made.id, PeopleFilter(school.id), By.CHAT)
        for name, why in (("chat", Failure.REFUSED), ("mail", Failure.ERASED)):
            waits = uow.recipients.of(made.id, people[name].id)
            assert waits is not None
            assert uow.recipients.settle(replace(waits, state=FAILED, why=why, at=uow.now), expected=waits)
        everyone = PeopleFilter(school.id)
        assert uow.recipients.again(made.id, replace(everyone, status=Status.SUSPENDED)) == 0
        assert uow.recipients.again(made.id, everyone) == 2  # whom there was no way to, too
        assert uow.recipients.again(made.id, everyone) == 0
        found = uow.recipients.listed(made.id, (), after="", limit=9)
        states = {one.person_id: one.state for one in found}
        assert states[people["chat"].id] is states[people["nowhere"].id] is WAITING
        assert states[people["mail"].id] is FAILED

    await store.run(unit)


async def test_a_message_is_ready_while_something_waits_and_there_is_room(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = _crowd(uow)
        made = _message(uow, school, people["chat"], state=BroadcastState.SENDING)
        _message(uow, school, people["chat"])
        assert list(uow.broadcasts.ready(1)) == [made.id]  # nothing is left to do, so it is done
        uow.recipients.fill(made.id, PeopleFilter(school.id), By.CHAT)
        waiting = uow.recipients.listed(made.id, (WAITING,), after="", limit=9)
        for one in waiting:
            assert list(uow.broadcasts.ready(len(waiting))) == [made.id]
            assert uow.recipients.settle(replace(one, state=RecipientState.QUEUED), expected=one)
        assert list(uow.broadcasts.ready(99)) == []  # all are on their way
        uow.recipients.again(made.id, PeopleFilter(school.id))  # whom there was no way to
        assert list(uow.broadcasts.ready(len(waiting))) == []
        assert list(uow.broadcasts.ready(len(waiting) + 1)) == [made.id]
        uow.stuck.put_off(Stuck(Thing(KIND, made.id), "Broken", 1, uow.now, uow.now + DAY))
        assert list(uow.broadcasts.ready(99)) == []

    await store.run(unit)


async def test_what_is_written_in_a_day_is_counted_with_what_is_still_to_go(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = _crowd(uow)
        since = uow.now - DAY
        made = _message(uow, school, people["chat"], state=BroadcastState.SENDING)
        uow.recipients.fill(made.id, PeopleFilter(school.id), By.CHAT)
        assert uow.recipients.written_since(school.id, since) == 3
        assert uow.recipients.written_since(build.school(uow, "Oak").id, since) == 0
        assert uow.recipients.mails_ahead() == 1
        first, *_ = uow.recipients.listed(made.id, (WAITING,), after="", limit=9)
        old = replace(first, state=SENT, at=since)
        assert uow.recipients.settle(old, expected=first)
        assert uow.recipients.written_since(school.id, since) == 2
        over = replace(made, state=BroadcastState.CANCELLED, ended_at=uow.now)
        assert uow.broadcasts.save(over, expected=made.state)
        assert uow.recipients.written_since(school.id, since) == 0
        assert uow.recipients.mails_ahead() == 0

    await store.run(unit)


async def test_a_link_stops_messages_to_one_person_and_nobody_can_make_one(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob = build.person(uow), build.person(uow, "Bob")
        token = uow.broadcasts.stop_token(ada.id)
        assert uow.broadcasts.stop_token(ada.id) == token
        assert uow.broadcasts.stopped_by(token) == ada.id
        assert uow.broadcasts.stop_token(bob.id) != token
        for wrong in ("", ada.id, token[:-1], f"x{token[1:]}", "ä.ö", "\ud800.x"):
            assert uow.broadcasts.stopped_by(wrong) is None

    await store.run(unit)


async def test_of_two_who_are_one_the_message_that_has_come_further_stays(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        ada, ida = _member(uow, school, "ada"), _member(uow, school, "ida")
        made = [_message(uow, school, ada) for _ in range(3)]
        for one in made:
            uow.recipients.fill(one.id, PeopleFilter(school.id), By.CHAT)
        for of, who in ((made[0], ida), (made[1], ada)):
            waits = uow.recipients.of(of.id, who.id)
            assert waits is not None
            assert uow.recipients.settle(replace(waits, state=SENT), expected=waits)
        assert uow.holdings.move(Kind.RECEIVED, ida.id, ada.id) == 1
        found = [uow.recipients.of(of.id, ada.id) for of in made]
        states = [one and one.state for one in found]
        assert states == [SENT, SENT, WAITING]
        assert uow.holdings.count(Kind.RECEIVED, ida.id) == 0
        assert uow.holdings.count(Kind.RECEIVED, ada.id) == 3

    await store.run(unit)


async def test_who_is_erased_is_written_to_no_more_and_what_they_wrote_is_gone(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        ada, ida = _member(uow, school, "ada"), _member(uow, school, "ida")
        done = _message(uow, school, ada, state=BroadcastState.DONE)
        due = _message(uow, school, ada, state=BroadcastState.SCHEDULED, send_at=uow.now)
        other = _message(uow, school, ida, state=BroadcastState.SENDING)
        kept = MessageTemplate(build.fresh_id(), school.id, "A", "B", "C", ada.id, uow.now)
        assert uow.templates.add(kept)
        uow.recipients.fill(other.id, PeopleFilter(school.id), By.CHAT)
        uow.holdings.blank(ada.id, [])
        for of, state in ((done, BroadcastState.DONE), (due, BroadcastState.CANCELLED)):
            blank = uow.broadcasts.by_id(of.id)
            assert blank == replace(of, title="", text="", wanted="", state=state)
        assert uow.broadcasts.by_id(other.id) == other
        mine = uow.recipients.of(other.id, ada.id)
        assert mine is not None
        assert (mine.state, mine.why) == (FAILED, Failure.ERASED)
        assert uow.templates.by_id(school.id, kept.id) == kept  # it is the school's

    await store.run(unit)


async def test_what_somebody_wrote_is_counted_shown_and_passed_on(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, ada, bob = build.school(uow), build.person(uow), build.person(uow, "Bob")
        made = _message(uow, school, ada)
        kept = MessageTemplate(build.fresh_id(), school.id, "A", "B", "C", ada.id, uow.now)
        assert uow.templates.add(kept)
        assert uow.holdings.rows(Kind.MESSAGES, ada.id, school.id)[0]["title"] == made.title
        assert uow.holdings.rows(Kind.TEMPLATES, ada.id)[0]["text"] == kept.text
        for kind in (Kind.MESSAGES, Kind.TEMPLATES):
            assert uow.holdings.move(kind, ada.id, bob.id, school.id) == 1
            assert uow.holdings.count(kind, bob.id, school.id) == 1
        assert uow.broadcasts.by_id(made.id) == replace(made, created_by=bob.id)
        uow.recipients.fill(made.id, PeopleFilter(school.id), By.CHAT)
        assert uow.holdings.rows(Kind.RECEIVED, bob.id, school.id) == []

    await store.run(unit)


async def test_texts_have_one_name_in_a_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, oak, ada = build.school(uow), build.school(uow, "Oak"), build.person(uow)

        def text(name: str, of: School = school) -> MessageTemplate:
            return MessageTemplate(build.fresh_id(), of.id, name, "Subject", "Text", ada.id, uow.now)

        first, second, other = text("Reminder"), text("a trip"), text("Reminder", oak)
        assert uow.templates.add(first)
        assert uow.templates.add(second)
        assert uow.templates.add(other)
        assert not uow.templates.add(text("REMINDER"))
        assert uow.templates.named(school.id, "reminder") == first
        assert uow.templates.by_id(oak.id, first.id) is None
        assert list(uow.templates.of_school(school.id, search="", after="", limit=9)) == [second, first]
        assert list(uow.templates.of_school(school.id, search="", after="A Trip", limit=9)) == [first]
        assert list(uow.templates.of_school(school.id, search="MIND", after="", limit=9)) == [first]
        assert not uow.templates.save(replace(second, name="reminder"))
        renamed = replace(first, name="REMINDER", title="S", text="T")
        assert uow.templates.save(renamed)
        assert uow.templates.by_id(school.id, first.id) == renamed
        assert uow.templates.number(school.id) == 2
        assert uow.templates.drop(school.id, first.id)
        assert not uow.templates.drop(school.id, first.id)
        assert uow.templates.named(school.id, "reminder") is None

    await store.run(unit)
