"""The contract of every store for join requests and one-time codes."""

from datetime import timedelta

import pytest

from bot.core.claims import Claim, Purpose
from bot.core.people.holdings import RecordKind
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.retention import Leftover
from bot.core.rights.actors import AccountKey
from bot.core.schools.schools import School
from bot.core.values import replace
from bot.storage.people import searching
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

DAY = timedelta(days=1)


async def test_all_of_a_request_is_kept(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        invitation = build.invitation(uow, maple, ada)
        made = build.join_request(
            uow,
            maple,
            ada,
            invitation_id=invitation.id,
            state=RequestState.REJECTED,
            decided_by=ada.id,
            decided_at=build.tick(),
            reason="No\nplace “left” 😢",
            further=("Staff", "Front Desk"),
        )
        assert uow.join_requests.by_id(made.id) == made
        assert uow.join_requests.by_id(build.fresh_id()) is None

    await store.run(unit)


async def test_a_request_that_waits_can_be_asked_for_by_another_account(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, bob = build.school(uow), build.person(uow), build.person(uow, "Bob")
        other = AccountKey("discord", "7")
        made = build.join_request(uow, maple, ada, asked_in="T1", gone_at=START)
        over = build.join_request(uow, maple, bob, asked_in="T1", state=RequestState.WITHDRAWN)
        for one in (made, over):
            uow.join_requests.move_to_account(one.id, other)
        asked = replace(made, account=other, asked_in=None, gone_at=None)
        assert [uow.join_requests.by_id(one.id) for one in (made, over)] == [asked, over]

    await store.run(unit)


@pytest.mark.parametrize("state", [RequestState.APPROVED, RequestState.REJECTED, RequestState.WITHDRAWN])
async def test_the_first_decision_stands(store: Store, state: RequestState) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, bob = build.school(uow), build.person(uow), build.person(uow, "Bob")
        made = build.join_request(uow, maple, ada)
        first = replace(made, state=state, role="Staff", decided_by=bob.id, decided_at=START, reason="why")
        first = replace(first, further=("Teacher",))
        second = replace(made, state=RequestState.APPROVED, decided_by=ada.id, decided_at=START + DAY)
        assert uow.join_requests.decide(first)
        assert not uow.join_requests.decide(second)
        assert uow.join_requests.by_id(made.id) == first
        assert not uow.join_requests.decide(replace(first, id=build.fresh_id()))

    await store.run(unit)


async def test_the_requests_of_one_person(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, ada = build.school(uow), build.school(uow, "Oak"), build.person(uow)
        requests = uow.join_requests
        assert requests.pending_of(maple.id, ada.id) is None
        assert requests.last_of(maple.id, ada.id) is None
        old = build.join_request(uow, maple, ada, state=RequestState.WITHDRAWN, decided_at=START)
        assert not requests.was_rejected(maple.id, ada.id)
        build.join_request(uow, maple, ada, state=RequestState.REJECTED, decided_at=START)
        assert requests.pending_of(maple.id, ada.id) is None
        waiting = build.join_request(uow, maple, ada)
        assert requests.pending_of(maple.id, ada.id) == waiting == requests.last_of(maple.id, ada.id)
        assert requests.was_rejected(maple.id, ada.id)
        assert not requests.was_rejected(oak.id, ada.id)
        assert requests.last_of(oak.id, ada.id) is None
        assert old.id < waiting.id

    await store.run(unit)


async def test_a_step_is_taken_only_by_who_knows_how_it_stands(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, bob = build.school(uow), build.person(uow), build.person(uow, "Bob")
        made = build.join_request(uow, maple, ada, due_at=START)
        step = {
            "claimed_by": bob.id,
            "claimed_at": START,
            "reminded_at": START + DAY,
            "escalation": 1,
            "escalated_at": START + 2 * DAY,
            "due_at": START + 3 * DAY,
        }
        for name, value in step.items():
            stale = replace(made, **{name: value})  # type: ignore[arg-type]
            assert not uow.join_requests.save_progress(replace(made, escalation=2), expected=stale), name
        moved = replace(made, **step)  # type: ignore[arg-type]
        other = replace(moved, role="Staff", reason="not its affair")
        assert uow.join_requests.save_progress(other, expected=made)
        assert uow.join_requests.by_id(made.id) == moved
        assert not uow.join_requests.save_progress(made, expected=made)
        decided = replace(moved, state=RequestState.LAPSED, decided_at=START)
        assert uow.join_requests.decide(decided)
        assert not uow.join_requests.save_progress(made, expected=moved)
        assert uow.join_requests.by_id(made.id) == decided

    await store.run(unit)


async def test_an_applicant_leaves_once_and_while_they_wait(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = build.join_request(uow, build.school(uow), build.person(uow))
        assert uow.join_requests.record_departure(made.id, START)
        assert not uow.join_requests.record_departure(made.id, START + DAY)
        gone = replace(made, gone_at=START)
        assert uow.join_requests.by_id(made.id) == gone
        assert uow.join_requests.record_return(made.id)
        assert not uow.join_requests.record_return(made.id)
        assert uow.join_requests.by_id(made.id) == made
        assert uow.join_requests.record_departure(made.id, START)
        assert uow.join_requests.decide(replace(gone, state=RequestState.CLOSED, decided_at=START))
        assert not uow.join_requests.record_return(made.id)
        other = build.join_request(
            uow, build.school(uow, "Oak"), build.person(uow), state=RequestState.APPROVED
        )
        assert not uow.join_requests.record_departure(other.id, START)

    await store.run(unit)


async def test_what_is_due_comes_longest_due_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        late, early, _later, never, decided = (
            build.join_request(uow, maple, build.person(uow), **settings)
            for settings in (
                {"due_at": START + DAY},
                {"due_at": START},
                {"due_at": START + 2 * DAY},
                {},
                {"due_at": START, "state": RequestState.APPROVED},
            )
        )
        elsewhere = build.join_request(uow, oak, build.person(uow))
        due = uow.join_requests.due
        assert list(due(START + DAY, 9)) == [early, late]
        assert list(due(START + DAY, 1)) == [early]
        assert list(due(START - DAY, 9)) == []
        uow.join_requests.save_due_times([replace(one, due_at=START - DAY) for one in (late, never, decided)])
        assert {one.id for one in due(START - DAY, 9)} == {late.id, never.id}, "what waits"
        assert uow.join_requests.by_id(decided.id) == decided
        uow.join_requests.save_due_times([replace(late, due_at=None)])
        assert {one.id for one in due(START - DAY, 9)} == {never.id}
        assert uow.join_requests.by_id(elsewhere.id) == elsewhere

    await store.run(unit)


async def test_who_waits_is_found_by_where_they_asked(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        here, other = build.MAPLE.external_id, "701"

        def asked(subject: str, issuer: str = "discord", **more: object) -> JoinRequest:
            account = AccountKey(issuer, subject)
            who = build.person(uow, subject, account)
            return build.join_request(uow, maple, who, account=account, **more)

        first = asked("1", asked_in=here)
        asked("2")
        asked("3", asked_in=other)
        asked("T1/4", "slack", asked_in=here)
        asked("5", asked_in=here, state=RequestState.LAPSED)
        second = asked("6", asked_in=here)
        assert uow.join_requests.pending_in_workspace(build.MAPLE) == [first, second]
        assert uow.join_requests.by_id(first.id) == first

    await store.run(unit)


async def test_nobody_waits_twice_in_one_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        build.join_request(uow, maple, ada)
        build.join_request(uow, maple, ada)

    with pytest.raises(Exception, match=r"(?i)unique|same key|already"):
        await store.run(unit)


async def test_pages_of_requests_oldest_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        made = [build.join_request(uow, maple, build.person(uow, f"P{number}")) for number in range(5)]
        decided = replace(made[2], state=RequestState.REJECTED, decided_at=START)
        uow.join_requests.decide(decided)
        build.join_request(uow, oak, build.person(uow, "Elsewhere"))

        def pages(state: RequestState | None, size: int) -> list[JoinRequest]:
            found: list[JoinRequest] = []
            while True:
                after = found[-1].id if found else None
                page = uow.join_requests.listed(maple.id, state, after=after, limit=size)
                if not page:
                    return found
                assert page[0] not in found
                found += page

        for size in (1, 2, 10):
            assert pages(RequestState.PENDING, size) == [*made[:2], *made[3:]]
            assert pages(RequestState.REJECTED, size) == [decided]
            assert pages(RequestState.APPROVED, size) == []
            assert pages(None, size) == [*made[:2], decided, *made[3:]]

    await store.run(unit)


@pytest.mark.parametrize("few", [searching.FEW, -1])
async def test_who_waits_is_found_by_name(store: Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(searching, "FEW", few)

    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        names = ("Zoë Öz", "nia", "Zoë", "Nia_5")

        def ask(of: School, name: str) -> JoinRequest:
            build.membership(uow, of, who := build.person(uow, name), Standing.PENDING)
            return build.join_request(uow, of, who)

        zoe, nia, other, odd = (ask(maple, name) for name in names)
        ask(oak, "Zoë")
        gone = ask(maple, "Nia")
        uow.join_requests.decide(replace(gone, state=RequestState.REJECTED, decided_at=START))

        def found(name: str, *, whole: bool = False, limit: int = 9) -> list[tuple[JoinRequest, str]]:
            return list(uow.join_requests.pending_by_name(maple.id, name, whole=whole, limit=limit))

        assert found("ZOË") == [(zoe, "Zoë Öz"), (other, "Zoë")]
        assert found("zoë", whole=True) == [(other, "Zoë")]
        assert found("NIA", whole=True) == [(nia, "nia")]
        assert found("nia") == [(nia, "nia"), (odd, "Nia_5")]
        assert found("_") == [(odd, "Nia_5")]
        assert found("", limit=3) == [(zoe, "Zoë Öz"), (nia, "nia"), (other, "Zoë")]
        assert found("", whole=True) == []

    await store.run(unit)


def _claim(code_hash: str, purpose: Purpose = Purpose.LINK_SCHOOL, subject: str = "s1") -> Claim:
    at = build.tick()
    return Claim(build.fresh_id(), code_hash, purpose, subject, at, START + DAY)


async def test_a_claim_is_taken_once(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, made = build.person(uow), _claim("h1")
        uow.claims.add(made)
        assert uow.claims.take("h1", Purpose.LINK_SCHOOL, by=ada.id, now=START) == made
        assert uow.claims.take("h1", Purpose.LINK_SCHOOL, by=None, now=START) is None

    await store.run(unit)


async def test_who_used_a_claim_up_is_kept_as_long_as_the_claim(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, made = build.person(uow), build.person(uow, "Bob"), _claim("h1")
        unknown = _claim("h2")
        for one, by in ((made, ada.id), (unknown, None)):
            uow.claims.add(one)
            assert uow.claims.take(one.code_hash, Purpose.LINK_SCHOOL, by=by, now=START)
        used = {"id": made.id, "purpose": Purpose.LINK_SCHOOL, "used_at": START}
        assert list(uow.holdings.records(RecordKind.CLAIMS, ada.id)) == [used]
        assert uow.holdings.count(RecordKind.CLAIMS, ada.id) == 1
        assert uow.holdings.count(RecordKind.CLAIMS, ada.id, build.school(uow).id) == 0, (
            "that is in no school"
        )
        assert uow.holdings.move(RecordKind.CLAIMS, ada.id, bob.id) == 1
        assert list(uow.holdings.records(RecordKind.CLAIMS, ada.id)) == []
        assert list(uow.holdings.records(RecordKind.CLAIMS, bob.id)) == [used]
        assert uow.leftovers.purge(Leftover.CLAIMS, START + 2 * DAY, START + 2 * DAY, 9) == 2
        assert uow.holdings.count(RecordKind.CLAIMS, bob.id) == 0

    await store.run(unit)


async def test_a_claim_is_taken_only_in_time_and_for_its_purpose(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = _claim("h1")
        uow.claims.add(made)
        for late in (START + DAY, START + 2 * DAY):
            assert uow.claims.take("h1", Purpose.LINK_SCHOOL, by=None, now=late) is None
        assert uow.claims.take("h1", Purpose.SYSTEM_ADMINISTRATOR, by=None, now=START) is None
        assert uow.claims.take("h2", Purpose.LINK_SCHOOL, by=None, now=START) is None
        assert uow.claims.take("h1", Purpose.LINK_SCHOOL, by=None, now=START) == made

    await store.run(unit)


async def test_a_new_claim_takes_the_place_of_an_older_unused_one(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        used, old, other = _claim("used"), _claim("old"), _claim("other", subject="s2")
        uow.claims.add(used)
        assert uow.claims.take("used", Purpose.LINK_SCHOOL, by=None, now=START)
        for one in (old, other, _claim("new")):
            uow.claims.add(one)
        assert uow.claims.take("old", Purpose.LINK_SCHOOL, by=None, now=START) is None
        assert uow.claims.take("used", Purpose.LINK_SCHOOL, by=None, now=START) is None
        assert uow.claims.take("new", Purpose.LINK_SCHOOL, by=None, now=START)
        assert uow.claims.take("other", Purpose.LINK_SCHOOL, by=None, now=START) == other

    await store.run(unit)
