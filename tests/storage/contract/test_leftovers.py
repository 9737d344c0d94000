"""The contract of every store for retention: what is no longer needed is deleted, the rest is kept."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.core.bulk.acts import Act
from bot.core.bulk.planning import Item, Job, JobState
from bot.core.claims import Claim, Purpose
from bot.core.ids import hash_of, new_id
from bot.core.invitations.addressees import Addressee, Way
from bot.core.messages.broadcasts import Broadcast, BroadcastState, DeliveryMethod
from bot.core.notices.notices import Audience, CardCopy, Destination, Notice
from bot.core.people.members import Membership, Standing
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.requests.digest_ports import Digest
from bot.core.requests.join_requests import RequestState
from bot.core.requests.questions import Answer
from bot.core.retention import BATCH, DEFAULT_DAYS, Leftover, purge
from bot.core.rights.actors import AccountKey
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from bot.settings import RetentionSettings
from tests.storage import build
from tests.storage.conftest import Store
from tests.storage.messages import fill
from tests.world import START, FakeClock

DAY = timedelta(days=1)
LATER = START + 60 * DAY
MAIL = Destination.by_mail("person:1")
_Purge = Callable[[datetime], int]


def _purge(uow: UnitOfWork, what: Leftover) -> _Purge:
    return lambda before: uow.leftovers.purge(what, before, LATER, BATCH)


def _notice(uow: UnitOfWork) -> str:
    made = Notice(build.fresh_id(), build.fresh_id(), "s", Audience.INVITER, MAIL, START)
    uow.outbox.add(made)
    return made.id


async def test_messages_go_after_they_were_delivered_or_given_up(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        purged = _purge(uow, Leftover.MESSAGES)
        delivered, failed, _waits = (_notice(uow) for _ in range(3))
        uow.outbox.mark_delivered(delivered, START)
        uow.outbox.give_up(failed, START + DAY, error="gone")
        assert [purged(START), purged(START + DAY), purged(LATER), purged(LATER)] == [0, 1, 1, 0]
        assert uow.outbox.count_waiting() == 1

    await store.run(unit)


async def test_one_time_codes_go_after_they_expired(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        purged = _purge(uow, Leftover.CLAIMS)
        who = build.person(uow)
        for subject in ("used", "unused"):
            uow.claims.add(Claim(build.fresh_id(), subject, Purpose.LINK_SCHOOL, subject, START, START + DAY))
        assert uow.claims.take("used", Purpose.LINK_SCHOOL, by=who.id, now=START)
        assert purged(START + DAY) == 0
        assert uow.claims.find("unused", Purpose.LINK_SCHOOL, START)
        assert purged(START + 2 * DAY) == 2
        assert uow.claims.find("unused", Purpose.LINK_SCHOOL, START) is None

    await store.run(unit)


@pytest.mark.parametrize("end", ["revoked", "declined", "cleared", "accepted", "expired", "not at all"])
async def test_links_of_mails_go_when_their_invitation_is_over(store: Store, end: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        purged = _purge(uow, Leftover.MAIL_LINKS)
        ada, nia = build.person(uow), build.person(uow, "Nia")
        to = Addressee(nia.id, "Nia", "nia@example.org", way=Way.EMAIL)
        lives = START + (DAY if end == "expired" else 99 * DAY)
        made = build.invitation(uow, build.school(uow), ada, to=to, uses_allowed=1, expires_at=lives)
        uow.sendings.add_link(hash_of("a"), made.id, START)
        match end:
            case "revoked":
                uow.invitations.revoke(made.id, by=ada.id, at=START)
            case "declined":
                uow.addressed.decline(made.id, START)
            case "cleared":
                uow.addressed.clear(made.id, START)
            case "accepted":
                uow.invitations.take_use(made.id, START)
        assert purged(START) == 0
        over = end != "not at all"
        assert purged(START + DAY) == int(over)
        assert (uow.invitations.by_token("a") is None) is over

    await store.run(unit)


async def test_misses_go(store: Store, clock: FakeClock) -> None:
    await store.run(lambda uow: uow.misses.add("eve", 3))
    clock.forward(DAY)

    def unit(uow: UnitOfWork) -> None:
        uow.misses.add("eve", 2)
        purged = _purge(uow, Leftover.MISSES)
        assert [purged(START), purged(START + DAY)] == [0, 3]
        assert uow.misses.nth_newest({"eve": 2}) == {"eve": START + DAY}
        assert uow.misses.nth_newest({"eve": 3}) == {}

    await store.run(unit)


async def test_what_has_arrived_goes(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        purged = _purge(uow, Leftover.ARRIVALS)
        assert uow.arrivals.record("old", START)
        assert uow.arrivals.record("new", START + DAY)
        assert [purged(START), purged(START + DAY)] == [0, 1]
        assert uow.arrivals.record("old", START + DAY)
        assert not uow.arrivals.record("new", START + DAY)

    await store.run(unit)


async def test_plans_go_but_not_what_is_under_way(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, who = build.school(uow), build.person(uow)
        jobs = {
            state: Job(new_id(START), school.id, Act.ARCHIVE, "", "d", state, START, schools=())
            for state in JobState
        }
        for job in jobs.values():
            assert uow.bulk.add(job, [Item(1, school.id, who.id, Act.ARCHIVE, "listed")])
        purged = _purge(uow, Leftover.BULK_PLANS)
        assert [purged(START), purged(START + DAY), purged(LATER)] == [0, 2, 0]
        assert {state for state, job in jobs.items() if uow.bulk.by_id(job.id)} == {JobState.APPLYING}

    await store.run(unit)


async def test_answers_go_and_their_request_stays(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, answers = build.school(uow), (Answer("Why?", "Because"),)
        asked = [
            build.join_request(uow, school, build.person(uow, "Nia"), answers=answers),
            build.join_request(uow, school, build.person(uow, "Ada"), answers=answers),
            build.join_request(uow, school, build.person(uow, "Leo"), answers=answers),
        ]
        decided = [replace(one, state=RequestState.WITHDRAWN, decided_at=START) for one in asked[:2]]
        assert all(uow.join_requests.decide(one) for one in decided)
        purged = _purge(uow, Leftover.ANSWERS)
        assert [purged(START), purged(START + DAY), purged(LATER)] == [0, 2, 0]
        for one in decided:
            assert uow.join_requests.by_id(one.id) == replace(one, answers=())
        assert uow.join_requests.by_id(asked[2].id) == asked[2]

    await store.run(unit)


async def test_addresses_that_were_proved_go_once_their_owner_is_in_no_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        stands = (Standing.ACTIVE, Standing.PENDING, Standing.REJECTED, None)
        found = {}
        for number, standing in enumerate(stands):
            who = found[standing] = build.person(uow)
            key = AccountKey("google", str(number))
            assert uow.accounts.link(key, who.id, START)
            uow.accounts.save_proved_email(key, f"{number}@example.org", START)
            if standing is not None:
                uow.members.add(Membership(build.fresh_id(), school.id, who.id, standing, START))
        purged = _purge(uow, Leftover.ADDRESSES)
        assert [purged(START), purged(START + DAY), purged(LATER)] == [0, 2, 0]
        kept = {standing for standing, who in found.items() if uow.accounts.proved_email(who.id)}
        assert kept == {Standing.ACTIVE, Standing.PENDING}

    await store.run(unit)


def _copy(uow: UnitOfWork, subject: str, at: datetime = START) -> str:
    copy = CardCopy(build.fresh_id(), subject, Audience.APPROVER, MAIL, "c", "m", "d")
    uow.card_copies.add(copy, at)
    return copy.id


async def test_cards_go_when_what_they_show_is_over(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, ada = build.school(uow), build.person(uow)
        asked, decided = (build.join_request(uow, school, build.person(uow, name)) for name in ("Nia", "Leo"))
        assert uow.join_requests.decide(replace(decided, state=RequestState.WITHDRAWN, decided_at=START))
        invited = [
            build.invitation(uow, school, ada, **how)
            for how in (
                {"uses_allowed": 2},
                {"uses_allowed": 1},
                {},
                {"expires_at": LATER + DAY},
                {"expires_at": LATER},
                {"to": Addressee(ada.id, "Ada", "ada@example.org", way=Way.EMAIL), "uses_allowed": 1},
                {"to": Addressee(ada.id, "Ada", "ada@example.org", way=Way.EMAIL), "uses_allowed": 1},
            )
        ]
        for place in (0, 1, 2):
            uow.invitations.take_use(invited[place].id, START)
        uow.invitations.take_use(invited[6].id, START)
        revoked = build.invitation(uow, school, ada)
        uow.invitations.revoke(revoked.id, by=ada.id, at=START)
        uow.digests.check_soon(school.id, START)
        old, newest = (Digest(school.id, day.date(), START) for day in (START, START + DAY))
        assert uow.digests.begin(old)
        assert uow.digests.begin(newest)
        jobs = [Job(new_id(START), school.id, Act.ARCHIVE, "", "d", state, START) for state in JobState]
        for job in jobs:
            assert uow.bulk.add(job, [Item(1, school.id, ada.id, Act.ARCHIVE, "listed")])
        over = [decided.subject, old.subject, revoked.subject, "lost_channel:1/slack"]
        over += [invited[place].subject for place in (1, 4, 6)]
        over += [job.subject for job in jobs if job.state is not JobState.APPLYING]
        still = [asked.subject, newest.subject, *(invited[place].subject for place in (0, 2, 3, 5))]
        still += [job.subject for job in jobs if job.state is JobState.APPLYING]
        copies = {subject: _copy(uow, subject) for subject in over + still}
        young = _copy(uow, decided.subject, START + DAY)
        purged = _purge(uow, Leftover.CARDS)
        assert [purged(START), purged(START + DAY), purged(START + DAY)] == [0, len(copies), 0]
        assert [one for one in copies if uow.card_copies.by_id(copies[one])] == still
        assert uow.card_copies.by_id(young)
        uow.card_copies.mark_redrawn(young, "anew", START + 2 * DAY)
        assert purged(START + 2 * DAY) == 0
        assert purged(LATER + DAY) == len(still) + 1, "they were looked at, and are old again"

    await store.run(unit)


async def test_days_that_had_their_digest_go_and_the_newest_is_known(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        uow.digests.check_soon(school.id, START)
        first, last = (Digest(school.id, at.date(), at) for at in (START, START + DAY))
        assert uow.digests.begin(first)
        assert uow.digests.begin(last)
        purged = _purge(uow, Leftover.DATED_JOBS)
        assert [purged(START), purged(START + DAY)] == [0, 1]
        assert not uow.digests.begin(last)
        assert purged(LATER) == 1
        assert uow.digests.last(school.id) == last

    await store.run(unit)


async def test_what_platforms_asked_us_to_wait_for_goes_when_it_is_over(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        uow.outbox.pause("slack", START)
        purged = _purge(uow, Leftover.PAUSES)
        assert [purged(START), purged(START + DAY), purged(LATER)] == [0, 1, 0]

    await store.run(unit)


async def test_a_message_to_many_is_as_old_as_its_end_or_the_time_it_was_to_go_out(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, ada = build.school(uow), build.person(uow)
        about = (school.id, ada.id, "Trip", "Hello", DeliveryMethod.CHAT, "", START, "web")
        sent = Broadcast(
            new_id(START), *about, state=BroadcastState.DONE, send_at=START + DAY, ended_at=START + 2 * DAY
        )
        missed = Broadcast(new_id(START), *about, send_at=START + DAY)
        for one in (sent, missed):
            uow.broadcasts.add(one)
        purged = _purge(uow, Leftover.BROADCASTS)
        left = []
        for days in (1, 2, 3):
            purged(START + days * DAY)
            left.append([bool(uow.broadcasts.by_id(one.id)) for one in (sent, missed)])
        assert left == [[True, True], [True, False], [False, False]]

    await store.run(unit)


async def test_messages_to_many_go_with_their_recipients_but_not_what_is_to_go_out(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, ada = build.school(uow), build.person(uow)
        build.membership(uow, school, ada)
        made = {}
        for state in BroadcastState:
            about = (new_id(START), school.id, ada.id, "Trip", "Hello", DeliveryMethod.CHAT, "", START, "web")
            made[state] = Broadcast(*about, state=state)
            uow.broadcasts.add(made[state])
        done = made[BroadcastState.DONE]
        fill(uow, done.id, PeopleFilter(school.id), DeliveryMethod.CHAT)
        assert uow.recipients.of(done.id, ada.id)
        purged = _purge(uow, Leftover.BROADCASTS)
        assert purged(START) == 0
        while purged(START + DAY):
            pass
        left = {state for state, one in made.items() if uow.broadcasts.by_id(one.id)}
        assert left == {BroadcastState.SCHEDULED, BroadcastState.SENDING}

    await store.run(unit)


async def test_a_unit_does_no_more_than_it_is_told(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        for _ in range(5):
            uow.outbox.mark_delivered(_notice(uow), START)
        done = [uow.leftovers.purge(Leftover.MESSAGES, LATER, LATER, 2) for _ in range(4)]
        assert done == [2, 2, 1, 0]

    await store.run(unit)


async def test_each_kind_is_kept_for_the_days_that_are_set_and_0_is_for_ever(
    store: Store, clock: FakeClock
) -> None:
    await store.run(lambda uow: uow.outbox.mark_delivered(_notice(uow), START))
    clock.forward(30 * DAY)
    assert await store.run(partial(purge, tracker=ItemTracker(), keep=DEFAULT_DAYS)) == 0
    clock.forward(timedelta(seconds=1))
    assert (
        await store.run(partial(purge, tracker=ItemTracker(), keep={**DEFAULT_DAYS, Leftover.MESSAGES: 0}))
        == 0
    )
    assert await store.run(partial(purge, tracker=ItemTracker(), keep=DEFAULT_DAYS)) == 1


def test_every_kind_has_a_setting_and_the_settings_say_what_is_usual() -> None:
    assert {Leftover(name): days for name, days in RetentionSettings()} == DEFAULT_DAYS
    assert set(DEFAULT_DAYS) == set(Leftover)
