"""The contract of every store for recipients of broadcasts: who, by which way, with what result."""

import pytest

from bot.core.messages.broadcasts import (
    AudienceCounts,
    BroadcastState,
    DeliveryMethod,
    Failure,
    Recipient,
    RecipientState,
)
from bot.core.people.holdings import RecordKind
from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.schools.districts import District
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.messages import DAY, FAILED, SENT, WAITING, crowd, fill, member, message

ALL_TAGS = ("first_name", "last_name", "email", "name")


@pytest.mark.parametrize(
    ("by", "ways"),
    [
        (
            DeliveryMethod.CHAT,
            {"chat": DeliveryMethod.CHAT, "mail": DeliveryMethod.MAIL, "bare": DeliveryMethod.CHAT},
        ),
        (DeliveryMethod.MAIL, {"chat": DeliveryMethod.MAIL, "mail": DeliveryMethod.MAIL}),
    ],
)
async def test_everyone_is_reckoned_and_stored_once_with_the_way_that_reaches_them(
    store: Store, by: DeliveryMethod, ways: dict[str, DeliveryMethod]
) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = crowd(uow)
        assert uow.accounts.link(AccountKey("slack", "T1/U1"), people["chat"].id, uow.now)
        wanted = PeopleFilter(school.id)
        reckoned = uow.recipients.count_audience(wanted, by, ())
        chats, mails = (
            [name for name, way in ways.items() if way is one]
            for one in (DeliveryMethod.CHAT, DeliveryMethod.MAIL)
        )
        unreached = len(people) - 1 - len(ways)
        assert reckoned == AudienceCounts(len(chats), len(mails), 1, unreached)
        made = message(uow, school, people["chat"])
        fill(uow, made.id, wanted, by)
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
        both, one = member(uow, maple, "both"), member(uow, oak, "one")
        build.membership(uow, oak, both)
        member(uow, build.school(uow, "Elsewhere"), "else")
        wanted = PeopleFilter(maple.id, district_id=district.id)
        assert uow.recipients.count_audience(wanted, DeliveryMethod.CHAT, ()).chat == 2
        made = message(uow, maple, both, district_id=district.id)
        fill(uow, made.id, wanted, DeliveryMethod.CHAT)
        found = uow.recipients.listed(made.id, (), after="", limit=9)
        assert [row.person_id for row in found] == sorted([both.id, one.id])

    await store.run(unit)


async def test_what_is_not_known_is_counted_and_shown_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = crowd(uow)
        wanted = PeopleFilter(school.id)
        lacking = uow.recipients.count_audience(wanted, DeliveryMethod.CHAT, ALL_TAGS).lacking
        assert dict(lacking) == {"first_name": 2, "last_name": 1, "email": 1}
        assert dict(uow.recipients.count_audience(wanted, DeliveryMethod.CHAT, ("last_name",)).lacking) == {
            "last_name": 1
        }
        order = [people[name].id for name in ("bare", "mail", "chat")]
        assert list(uow.recipients.samples(wanted, DeliveryMethod.CHAT, ALL_TAGS, 3)) == order
        assert list(uow.recipients.samples(wanted, DeliveryMethod.CHAT, ALL_TAGS, 1)) == order[:1]
        found = uow.recipients.samples(PeopleFilter(school.id, text="c@example"), DeliveryMethod.CHAT, (), 3)
        assert list(found) == [people["chat"].id]

    await store.run(unit)


async def test_what_became_of_somebody_is_stored_if_nothing_else_has(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = crowd(uow)
        made = message(uow, school, people["chat"])
        fill(uow, made.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        waits = uow.recipients.of(made.id, people["chat"].id)
        assert waits is not None
        queued = replace(waits, state=RecipientState.QUEUED, notice_id=build.fresh_id(), at=uow.now)
        assert uow.recipients.settle(queued, expected=waits)
        assert not uow.recipients.settle(queued, expected=waits)
        assert uow.recipients.count_queued(made.id) == 1
        assert [
            uow.recipients.count_queued(made.id, by) for by in (DeliveryMethod.CHAT, DeliveryMethod.MAIL)
        ] == [1, 0]
        another = replace(queued, notice_id=build.fresh_id())
        assert not uow.recipients.settle(replace(queued, state=SENT), expected=another)
        assert uow.recipients.settle(replace(queued, state=SENT), expected=queued)
        assert uow.recipients.count_queued(made.id) == 0
        assert uow.recipients.counts(made.id)[SENT, DeliveryMethod.CHAT, None] == 1
        waiting = uow.recipients.listed(made.id, (WAITING,), after="", limit=9)
        assert [one.person_id for one in waiting] == [people["mail"].id, people["bare"].id]
        after = uow.recipients.listed(made.id, (WAITING,), after=people["mail"].id, limit=9)
        assert [one.person_id for one in after] == [people["bare"].id]
        assert uow.recipients.of(made.id, "nobody") is None
        out = replace(waiting[0], state=RecipientState.OPTED_OUT, at=uow.now)
        assert uow.recipients.settle(out, expected=waiting[0])
        assert not uow.recipients.settle(out, expected=waiting[0])
        named = uow.recipients.with_names(made.id)
        assert [(name, email) for _, name, email in named][:2] == [("bare", ""), ("C H", "c@example.org")]

    await store.run(unit)


async def test_those_not_reached_wait_again_but_for_the_erased(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = crowd(uow)
        made = message(uow, school, people["chat"])
        fill(uow, made.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        for name, why in (("chat", Failure.REFUSED), ("mail", Failure.ERASED)):
            waits = uow.recipients.of(made.id, people[name].id)
            assert waits is not None
            assert uow.recipients.settle(replace(waits, state=FAILED, why=why, at=uow.now), expected=waits)
        everyone = PeopleFilter(school.id)
        suspended = replace(everyone, status=Status.SUSPENDED)
        assert list(uow.recipients.not_reached(made.id, suspended, after="", limit=9)) == []
        missed = list(uow.recipients.not_reached(made.id, everyone, after="", limit=None))
        assert missed == sorted([people["chat"].id, people["nowhere"].id])  # whom there was no way to, too
        assert list(uow.recipients.not_reached(made.id, everyone, after=missed[0], limit=9)) == missed[1:]
        assert list(uow.recipients.not_reached(made.id, everyone, after="", limit=1)) == missed[:1]
        assert uow.recipients.requeue(made.id, [one.id for one in people.values()]) == 2
        assert uow.recipients.requeue(made.id, missed) == 0
        found = uow.recipients.listed(made.id, (), after="", limit=9)
        states = {one.person_id: one.state for one in found}
        assert states[people["chat"].id] is states[people["nowhere"].id] is WAITING
        assert states[people["mail"].id] is FAILED

    await store.run(unit)


async def test_what_is_written_in_a_day_is_counted_with_what_is_still_to_go(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, people = crowd(uow)
        since = uow.now - DAY
        made = message(uow, school, people["chat"], state=BroadcastState.SENDING)
        fill(uow, made.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        assert uow.recipients.count_written_since(school.id, since) == 3
        assert uow.recipients.count_written_since(build.school(uow, "Oak").id, since) == 0
        assert uow.recipients.count_mails_ahead() == 1
        first, *_ = uow.recipients.listed(made.id, (WAITING,), after="", limit=9)
        old = replace(first, state=SENT, at=since)
        assert uow.recipients.settle(old, expected=first)
        assert uow.recipients.count_written_since(school.id, since) == 2
        _, second = uow.recipients.listed(made.id, (WAITING,), after="", limit=9)
        for why, written in ((Failure.REFUSED, 2), (Failure.LATE, 1), (Failure.LEFT, 1), (Failure.ERASED, 1)):
            failed = replace(second, state=FAILED, why=why, at=uow.now)
            assert uow.recipients.settle(failed, expected=second)
            assert uow.recipients.count_written_since(school.id, since) == written
            second = failed
        over = replace(made, state=BroadcastState.CANCELLED, ended_at=uow.now)
        assert uow.broadcasts.save(over, expected=made.state)
        assert uow.recipients.count_written_since(school.id, since) == 0
        assert uow.recipients.count_mails_ahead() == 0

    await store.run(unit)


async def test_merged_persons_keep_the_recipient_that_has_come_further(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        ada, ida = member(uow, school, "ada"), member(uow, school, "ida")
        made = [message(uow, school, ada) for _ in range(3)]
        for one in made:
            fill(uow, one.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        for of, who in ((made[0], ida), (made[1], ada)):
            waits = uow.recipients.of(of.id, who.id)
            assert waits is not None
            assert uow.recipients.settle(replace(waits, state=SENT), expected=waits)
        assert uow.holdings.move(RecordKind.RECEIVED, ida.id, ada.id) == 1
        found = [uow.recipients.of(of.id, ada.id) for of in made]
        states = [one and one.state for one in found]
        assert states == [SENT, SENT, WAITING]
        assert uow.holdings.count(RecordKind.RECEIVED, ida.id) == 0
        assert uow.holdings.count(RecordKind.RECEIVED, ada.id) == 3

    await store.run(unit)
