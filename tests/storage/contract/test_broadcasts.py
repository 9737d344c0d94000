"""The contract of every store for broadcasts and message templates."""

from bot.core.messages.broadcasts import (
    KIND,
    BroadcastState,
    DeliveryMethod,
    Failure,
    NotSentReason,
    RecipientState,
)
from bot.core.messages.templates import MessageTemplate
from bot.core.people.holdings import RecordKind
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.custom_roles import CustomRole
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.stuck import Stuck, TrackedItem
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.messages import DAY, FAILED, WAITING, crowd, fill, member, message


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
        made = [message(uow, schools[one.school_id], ada, wanted=one.pack()) for one in wanted]
        assert uow.roles.save(replace(desk, name="Front"), before=desk)
        for one, before in zip(made, wanted, strict=True):
            found = uow.broadcasts.by_id(one.id)
            assert found is not None
            assert found.wanted == replace(before, role=wanted[before]).pack()

    await store.run(unit)


async def test_a_message_is_stored_found_listed_and_changed_from_an_expected_state(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada = build.person(uow)
        district = District(build.fresh_id(), "North", uow.now)
        uow.districts.add(district)
        school = build.school(uow, district_id=district.id)
        first = message(uow, school, ada)
        wide = message(uow, school, ada, district_id=district.id)
        last = message(uow, school, ada, by=DeliveryMethod.MAIL)
        message(uow, build.school(uow, "Oak"), ada)
        assert uow.broadcasts.by_id(first.id) == uow.broadcasts.hold(first.id) == first
        assert uow.broadcasts.by_id("nothing") is None
        assert list(uow.broadcasts.listed(school.id, wide=True, before=None, limit=9)) == [last, wide, first]
        assert list(uow.broadcasts.listed(school.id, wide=False, before=last.id, limit=9)) == [first]
        assert list(uow.broadcasts.listed(school.id, wide=True, before=None, limit=1)) == [last]
        over = replace(
            first,
            state=BroadcastState.REFUSED,
            hindrance=NotSentReason.QUOTA,
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
            message(uow, school, ada, state=scheduled, send_at=uow.now + days * DAY) for days in (-1, -2, 1)
        )
        message(uow, school, ada, send_at=uow.now - DAY)  # a draft
        assert list(uow.broadcasts.due(uow.now, 9)) == [early, late]
        assert list(uow.broadcasts.due(uow.now, 1)) == [early]
        uow.stuck.put_off(Stuck(TrackedItem(KIND, early.id), "Broken", 1, uow.now, uow.now + DAY))
        assert list(uow.broadcasts.due(uow.now, 9)) == [late]

    await store.run(unit)


async def test_a_message_is_ready_while_something_waits_and_there_is_room(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = crowd(uow)
        made = message(uow, school, people["chat"], state=BroadcastState.SENDING)
        message(uow, school, people["chat"])
        assert list(uow.broadcasts.ready(1)) == [made.id]  # nothing is left to do, so it is done
        fill(uow, made.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        waiting = uow.recipients.listed(made.id, (WAITING,), after="", limit=9)
        for one in waiting:
            assert list(uow.broadcasts.ready(len(waiting))) == [made.id]
            assert uow.recipients.settle(replace(one, state=RecipientState.QUEUED), expected=one)
        assert list(uow.broadcasts.ready(99)) == []  # all are on their way
        uow.recipients.requeue(made.id, [one.id for one in people.values()])  # whom there was no way to
        assert list(uow.broadcasts.ready(len(waiting))) == []
        assert list(uow.broadcasts.ready(len(waiting) + 1)) == [made.id]
        uow.stuck.put_off(Stuck(TrackedItem(KIND, made.id), "Broken", 1, uow.now, uow.now + DAY))
        assert list(uow.broadcasts.ready(99)) == []

    await store.run(unit)


async def test_a_link_stops_messages_to_one_person_and_nobody_can_make_one(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob = build.person(uow), build.person(uow, "Bob")
        token = uow.broadcasts.stop_token(ada.id)
        assert uow.broadcasts.stop_token(ada.id) == token
        assert uow.broadcasts.person_of_stop_token(token) == ada.id
        assert uow.broadcasts.stop_token(bob.id) != token
        for wrong in ("", ada.id, token[:-1], f"x{token[1:]}", "ä.ö", "\ud800.x"):
            assert uow.broadcasts.person_of_stop_token(wrong) is None

    await store.run(unit)


async def test_who_is_erased_is_written_to_no_more_and_what_they_wrote_is_gone(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        ada, ida = member(uow, school, "ada"), member(uow, school, "ida")
        done = message(uow, school, ada, state=BroadcastState.DONE)
        due = message(uow, school, ada, state=BroadcastState.SCHEDULED, send_at=uow.now)
        other = message(uow, school, ida, state=BroadcastState.SENDING)
        kept = MessageTemplate(build.fresh_id(), school.id, "A", "B", "C", ada.id, uow.now)
        assert uow.templates.add(kept)
        fill(uow, other.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        uow.holdings.erase_texts(ada.id, [])
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
        made = message(uow, school, ada)
        kept = MessageTemplate(build.fresh_id(), school.id, "A", "B", "C", ada.id, uow.now)
        assert uow.templates.add(kept)
        assert uow.holdings.records(RecordKind.MESSAGES, ada.id, school.id)[0]["title"] == made.title
        assert uow.holdings.records(RecordKind.TEMPLATES, ada.id)[0]["text"] == kept.text
        for kind in (RecordKind.MESSAGES, RecordKind.TEMPLATES):
            assert uow.holdings.move(kind, ada.id, bob.id, school.id) == 1
            assert uow.holdings.count(kind, bob.id, school.id) == 1
        assert uow.broadcasts.by_id(made.id) == replace(made, created_by=bob.id)
        fill(uow, made.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        assert uow.holdings.records(RecordKind.RECEIVED, bob.id, school.id) == []

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
        assert uow.templates.by_name(school.id, "reminder") == first
        assert uow.templates.by_id(oak.id, first.id) is None
        assert list(uow.templates.of_school(school.id, search="", after="", limit=9)) == [second, first]
        assert list(uow.templates.of_school(school.id, search="", after="A Trip", limit=9)) == [first]
        assert list(uow.templates.of_school(school.id, search="MIND", after="", limit=9)) == [first]
        assert not uow.templates.save(replace(second, name="reminder"))
        renamed = replace(first, name="REMINDER", title="S", text="T")
        assert uow.templates.save(renamed)
        assert uow.templates.by_id(school.id, first.id) == renamed
        assert uow.templates.count(school.id) == 2
        assert uow.templates.drop(school.id, first.id)
        assert not uow.templates.drop(school.id, first.id)
        assert uow.templates.by_name(school.id, "reminder") is None

    await store.run(unit)


async def test_what_is_not_sent_yet(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        ada = member(uow, school, "ada")
        made = {state: message(uow, school, ada, state=state) for state in BroadcastState}
        waiting = [made[BroadcastState.DRAFT], made[BroadcastState.SCHEDULED]]
        assert uow.broadcasts.unsent() == waiting

    await store.run(unit)
