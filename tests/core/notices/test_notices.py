"""What notices are queued: when, with which key, and about what."""

from datetime import timedelta

import pytest

from bot.core.notices import notices
from bot.core.notices.notices import Audience, Destination, Notice
from tests.core.place import APPROVALS, GUILD, Place, discord
from tests.storage import build

NIA = Destination.direct(discord("nia"))
LATER = timedelta(hours=1)


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def request_(place: Place) -> str:
    """Return the subject of a person's request."""
    return build.join_request(place.uow, place.school, place.person("nia")).subject


def _only(place: Place) -> Notice:
    (found,) = [one.notice for one in place.state.outbox.values()]
    return found


def test_a_card_for_a_place_is_queued_once(place: Place, request_: str) -> None:
    for _ in range(2):
        notices.tell(place.uow, request_, Audience.APPROVER, APPROVALS)
    found = _only(place)
    key = f"post {request_} approver discord/700/#approvals"
    assert found == Notice(found.id, key, request_, Audience.APPROVER, APPROVALS, place.clock.now())
    assert (found.school_id, found.tenant) == (place.school_id, "discord/700")
    notices.tell(place.uow, request_, Audience.APPLICANT, APPROVALS)
    notices.tell(place.uow, request_, Audience.APPROVER, NIA)
    assert len(place.waiting()) == 3


def test_a_card_is_the_affair_of_the_school_that_is_said(place: Place, request_: str) -> None:
    elm = place.another_school("Elm")
    notices.tell(place.uow, request_, Audience.OUTCOME, NIA, elm.id)
    assert (_only(place).school_id, _only(place).tenant) == (elm.id, f"discord/@{elm.id}")


def test_direct_messages_share_the_fate_of_those_of_their_school(place: Place, request_: str) -> None:
    notices.tell(place.uow, request_, Audience.OUTCOME, NIA)
    assert _only(place).tenant == f"discord/@{place.school_id}"


def test_a_key_of_ones_own_tells_what_was_queued_before(place: Place, request_: str) -> None:
    at = place.clock.now() + LATER
    said = notices.tell_once(place.uow, request_, Audience.NEWCOMER, NIA, "once", at)
    notices.tell_once(place.uow, request_, Audience.OUTCOME, NIA, "once")
    found = _only(place)
    assert found == Notice(said, "once", request_, Audience.NEWCOMER, NIA, at)
    assert notices.tell_if_new(place.uow, request_, Audience.NEWCOMER, NIA, "once") is None
    first = notices.tell_if_new(place.uow, request_, Audience.NEWCOMER, NIA, "twice")
    assert {one.key: one.id for one in place.waiting()} == {"once": said, "twice": first}


def test_what_is_told_again_is_another_each_time(place: Place, request_: str) -> None:
    at = place.clock.now() + LATER
    for due_at in (at, None):
        notices.tell_each_time(place.uow, request_, Audience.REMINDER, NIA, due_at)
    last, first = sorted(place.waiting(), key=lambda one: one.due_at)
    assert (last.due_at, first.due_at) == (place.clock.now(), at)
    assert {one.key for one in (first, last)} == {f"post {request_} {one.id}" for one in (first, last)}


def test_what_is_told_anew_takes_the_place_of_what_waits(place: Place, request_: str) -> None:
    notices.tell_each_time(place.uow, request_, Audience.SNOOZED, NIA)
    notices.tell_each_time(place.uow, request_, Audience.REMINDER, NIA)
    at = place.clock.now() + LATER
    notices.tell_instead(place.uow, request_, Audience.SNOOZED, NIA, at)
    waiting = {one.audience: one.due_at for one in place.waiting()}
    assert waiting == {Audience.REMINDER: place.clock.now(), Audience.SNOOZED: at}
    assert len(place.waiting()) == 2


def test_work_at_a_platform_is_each_kinds_own(place: Place) -> None:
    notices.queue_work(place.uow, "roles", "followed:a:b", Audience.FOLLOW, GUILD, place.school_id)
    notices.queue_work(place.uow, "roles", "followed:a:b", Audience.FOLLOW, GUILD, place.school_id)
    for found in place.waiting():
        to = Destination.in_channel(GUILD, "roles/a:b")
        key = f"follow followed:a:b {found.id}"
        assert found == Notice(found.id, key, "followed:a:b", Audience.FOLLOW, to, place.clock.now())
        assert (found.school_id, found.tenant) == (place.school_id, "discord/700/roles")
    assert len(place.waiting()) == 2


def test_every_place_that_shows_a_card_is_drawn_again(place: Place, request_: str) -> None:
    copy = place.shown(request_)
    place.shown("join_request:other")
    notices.redraw_copies(place.uow, request_)
    notices.redraw_copies(place.uow, request_)
    both = [one.notice for one in place.state.outbox.values()]
    assert {one.key for one in both} == {f"redraw {copy.id} {one.id}" for one in both}
    for one in both:
        assert one == Notice(
            one.id, one.key, request_, Audience.APPROVER, APPROVALS, place.clock.now(), copy.id
        )
        assert (one.attempts, one.tenant) == (0, "discord/700")
    assert len(both) == 2


SHOWN = [
    (APPROVALS, "discord/700/#approvals"),
    (NIA, "discord/@nia"),
    (Destination.by_mail("person:1"), "email/@person:1"),
]


@pytest.mark.parametrize(("to", "shown"), SHOWN)
def test_a_place_is_shown_as_platform_and_name(to: Destination, shown: str) -> None:
    assert str(to) == shown
