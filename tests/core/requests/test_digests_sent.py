"""Digests in memory: what is logged, where they go, their pages, and a clock that was put back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.notices.notices import Audience, Destination, Loss, Notice
from bot.core.requests import digests, join_requests
from bot.core.requests.digest_ports import Digest
from bot.core.requests.digests import PAGE
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.requests.views import view
from bot.core.rights.actors import AccountKey
from bot.core.schools.settings import SchoolSettings
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.place import APPROVALS, Place

# The first of September 2026 is a Tuesday; digests go out at eight.
MONDAY, TUESDAY = date(2026, 8, 31), date(2026, 9, 1)
EIGHT = datetime(2026, 9, 1, 8, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@pytest.fixture
def place() -> Place:
    """A school that was checked an hour before its digest is due, with a request of Nia."""
    one = Place()
    one.with_approvals_channel()
    one.clock.at = EIGHT - HOUR
    asks(one, "nia")
    one.clock.at = EIGHT
    looked(one, EIGHT - HOUR)
    one.clear_outbox_and_log()
    return one


def asks(place: Place, name: str) -> JoinRequest:
    who = place.person(name)
    request = join_requests.file(place.uow, place.actor(who), who, place.school, "Viewer")
    place.forward(seconds=1)
    return request


def looked(place: Place, at: datetime) -> None:
    """Set when the school was last checked, and make it due now."""
    place.state.digest_clocks[place.school.id] = (place.clock.now(), at)


def send(place: Place) -> int:
    return digests.send_due(place.uow, ItemTracker())


def subject(place: Place, day: date = TUESDAY) -> str:
    return f"digest:{place.school.id}/{day}"


def test_a_digest_is_logged_with_how_many_wait_and_how_many_are_new(place: Place) -> None:
    tracker, held = ItemTracker(), list[str]()
    tracker.settle = lambda: held.append(str(tracker.item))
    assert digests.send_due(place.uow, tracker) == 1
    assert held == [f"digest:{place.school.id}"]
    assert place.told() == [(subject(place), "discord/700/#approvals")]
    where = "- (clock) digest.sent school:Maple Grove at Maple Grove"
    assert place.logged() == [f"{where} -> day=2026-09-01, waiting=1, new=1"]
    assert send(place) == 0
    asks(place, "ben")
    place.clear_outbox_and_log()
    place.clock.at = EIGHT + timedelta(days=1)
    send(place)
    assert place.logged() == [f"{where} -> day=2026-09-02, waiting=2, new=1"]


def test_a_newer_digest_takes_the_place_of_one_that_waits_to_be_sent(place: Place) -> None:
    send(place)
    place.shown(subject(place))
    asks(place, "ben")
    place.clock.at = EIGHT + timedelta(days=1)
    send(place)
    newer = subject(place, date(2026, 9, 2))
    assert [one for one in place.told() if one[0].startswith("digest:")] == [
        (newer, "discord/700/#approvals")
    ]
    assert subject(place) in place.redrawn()


@pytest.mark.parametrize("why", ["archived", "nobody new", "no digest", "had one"])
def test_no_digest_is_sent(place: Place, why: str) -> None:
    match why:
        case "archived":
            place.save(place.school, archived_at=EIGHT)
        case "nobody new":
            place.uow.digests.mark_shown(place.school.id)
        case "no digest":
            place.uow.settings.save(place.school.id, SchoolSettings(digest_at=None))
        case _:
            place.uow.digests.begin(Digest(place.school.id, TUESDAY, EIGHT))
    assert send(place) == 1
    assert (place.told(), place.logged()) == ([], [])


def test_a_school_without_digests_is_looked_at_once_a_week(place: Place) -> None:
    place.uow.settings.save(place.school.id, SchoolSettings(digest_at=None))
    send(place)
    assert place.state.digest_clocks[place.school.id] == (EIGHT + WEEK, EIGHT)


def test_a_school_is_looked_at_again_when_its_next_digest_is_due(place: Place) -> None:
    send(place)
    assert place.state.digest_clocks[place.school.id] == (EIGHT + timedelta(days=1), EIGHT)


def test_a_clock_that_was_put_back_leaves_no_digest_out_and_sends_none_twice(place: Place) -> None:
    looked(place, EIGHT + 3 * HOUR)
    assert send(place) == 1
    assert place.told() == [(subject(place), "discord/700/#approvals")]
    looked(place, EIGHT + 3 * HOUR)
    asks(place, "ben")
    place.clear_outbox_and_log()
    send(place)
    assert place.told() == []


def test_a_digest_that_was_checked_after_its_time_is_not_due_again(place: Place) -> None:
    place.forward(hours=2)
    looked(place, EIGHT + HOUR)
    send(place)
    assert place.told() == []


def test_so_many_schools_are_looked_at_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "BATCH", 1)
    oak = place.another_school("Oak Hill")
    place.uow.digests.check_soon(oak.id, EIGHT)
    assert [send(place) for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize(("number", "shown", "more"), [(PAGE, PAGE, False), (PAGE + 1, PAGE, True)])
def test_a_page_shows_so_many_oldest_first(place: Place, number: int, shown: int, *, more: bool) -> None:
    requests = [*place.state.join_requests.values(), *(asks(place, f"p{at}") for at in range(number - 1))]
    page = digests.page(place.uow, place.school)
    assert page.shown == tuple(view(place.uow, one) for one in requests[:shown])
    assert (page.waiting, page.more) == (number, more)
    rest = digests.page(place.uow, place.school, after=requests[shown - 1].id)
    assert [one.request for one in rest.shown] == requests[shown:]


def test_what_was_decided_since_is_shown_too(place: Place) -> None:
    send(place)
    (request,) = place.state.join_requests.values()
    join_requests.approve(place.uow, place.admin, request, place.school, None)
    page = digests.page(place.uow, place.school)
    assert [one.request.state for one in page.decided] == [RequestState.APPROVED]
    assert (page.shown, page.waiting) == ((), 0)


def test_a_digest_tells_whether_it_is_the_newest(place: Place) -> None:
    of = f"{place.school.id}/{TUESDAY}"
    assert digests.newest_page(place.uow, of) is None
    send(place)
    page = digests.page(place.uow, place.school)
    assert digests.newest_page(place.uow, of) == (page, True)
    assert digests.newest_page(place.uow, f"{place.school.id}/{MONDAY}") == (page, False)
    assert digests.newest_page(place.uow, f"gone/{TUESDAY}") is None


def notice(place: Place, to: Destination = APPROVALS, day: date = TUESDAY) -> Notice:
    return Notice("1", "1", subject(place, day), Audience.APPROVER, to, EIGHT)


def test_what_a_channel_does_not_take_the_approvers_get_and_the_admins_are_told_once(place: Place) -> None:
    place.member("rex", "School Admin")
    send(place)
    place.clear_outbox_and_log()
    admins = ["discord/@ada", "discord/@rex"]
    for _ in range(2):
        digests.failed(place.uow, notice(place), Loss.REFUSED)
        assert place.told(Audience.APPROVER) == [(subject(place), to) for to in admins]
        lost = f"lost_channel:{place.school.id}/discord/700"
        assert place.told(Audience.ADMIN) == [(lost, to) for to in admins]
    place.clear_outbox_and_log()
    digests.arrived(place.uow, notice(place))
    digests.failed(place.uow, notice(place, day=MONDAY), Loss.REFUSED)
    assert place.told(Audience.APPROVER) == [], "an older one is sent to nobody"
    assert len(place.told(Audience.ADMIN)) == 2, "a channel that worked fails anew"


def test_a_direct_message_that_fails_or_arrives_is_no_channel(place: Place) -> None:
    direct = Destination.direct(place.admin.caller.account)
    place.uow.digests.mark_failing(place.school.id, str(direct))
    before = replace(notice(place), to=direct)
    digests.failed(place.uow, before, Loss.GONE)
    digests.arrived(place.uow, before)
    assert place.told() == []
    assert not place.uow.digests.mark_failing(place.school.id, str(direct))


def test_an_approver_who_takes_no_direct_messages_gets_the_digest_elsewhere(place: Place) -> None:
    rex = place.member("rex", "School Admin")
    place.uow.accounts.link(AccountKey("slack", "T1/REX"), rex.known_person.id, place.uow.now)
    refused = replace(notice(place), to=Destination.direct(rex.caller.account))
    digests.failed(place.uow, refused, Loss.TRIED)
    assert place.told(Audience.APPROVER) == [], "what was tried too often may have arrived"
    digests.failed(place.uow, refused, Loss.REFUSED)
    assert place.told(Audience.APPROVER) == [(subject(place), "slack/@T1/REX")]
    digests.failed(place.uow, replace(refused, audience=Audience.ADMIN), Loss.REFUSED)
    assert place.told(Audience.ADMIN) == []
