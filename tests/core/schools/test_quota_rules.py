"""Limits to the last item: a school's own, and the quotas of the system. In memory."""

from datetime import datetime, timedelta

import pytest

from bot.core.errors import BadValue, LimitReached, Quota
from bot.core.messages.broadcasts import Broadcast, BroadcastState, DeliveryMethod, Recipient, RecipientState
from bot.core.notices.destinations import mailbox
from bot.core.notices.notices import Audience, tell_each_time
from bot.core.people.members import Standing
from bot.core.schools import quotas
from bot.core.schools.settings import SchoolSettings
from bot.core.schools.system import SystemSettings
from tests.core.place import Place
from tests.storage import build

DAY = timedelta(days=1)


def _place(settings: SchoolSettings | None = None, **most: int) -> Place:
    """Make a school, with these quotas of the system."""
    place = Place()
    place.uow.system.save(SystemSettings(**most))  # type: ignore[arg-type]
    if settings is not None:
        place.uow.settings.save(place.school.id, settings)
    return place


def _invites(place: Place, number: int = 1) -> None:
    quotas.invitations(place.uow, place.school, uses=None, expires_at=None, number=number)


def test_a_school_without_limits_takes_what_is_asked_for() -> None:
    place = _place()
    at = place.clock.now() + 999 * DAY
    for uses, expires_at in ((None, None), (10**6, at)):
        found = quotas.invitations(place.uow, place.school, uses=uses, expires_at=expires_at)
        assert found == (uses, expires_at)


def test_what_is_not_said_is_the_most_that_the_school_allows() -> None:
    place = _place(SchoolSettings(most_uses=5, longest_days=7))
    latest = place.clock.now() + 7 * DAY
    for uses, expires_at in ((None, None), (5, latest)):
        found = quotas.invitations(place.uow, place.school, uses=uses, expires_at=expires_at)
        assert found == (5, latest)
    assert quotas.invitations(
        place.uow, place.school, uses=1, expires_at=latest - DAY
    ) == (1, latest - DAY)  # fmt: skip


def test_more_than_the_school_allows_is_refused_with_its_limit() -> None:
    place = _place(SchoolSettings(most_uses=1000, longest_days=7))
    with pytest.raises(BadValue) as wrong:
        quotas.invitations(place.uow, place.school, uses=1001, expires_at=None)
    said = (wrong.value.option, wrong.value.problem, wrong.value.example)
    assert said == ("uses", "must be at most 1,000: that is the school's limit", "")
    late = place.clock.now() + 8 * DAY
    end_of_day = late - timedelta(seconds=1)
    allowed = quotas.invitations(place.uow, place.school, uses=1, expires_at=end_of_day)
    assert allowed == (1, end_of_day)
    with pytest.raises(BadValue) as wrong:
        quotas.invitations(place.uow, place.school, uses=1, expires_at=late)
    said = (wrong.value.option, wrong.value.problem, wrong.value.example)
    assert said == ("expires", "must be within 7 days: that is the school's limit", "7d")


def test_a_limit_of_one_day_is_said_as_one() -> None:
    place = _place(SchoolSettings(longest_days=1))
    with pytest.raises(BadValue, match="within a day: that is the school's limit"):
        quotas.invitations(place.uow, place.school, uses=1, expires_at=place.clock.now() + 2 * DAY)


def test_the_last_open_invitation_within_the_limit_fits() -> None:
    place = _place(SchoolSettings(most_open=2))
    _invites(place, 2)
    build.invitation(place.uow, place.school, place.admin.known_person, expires_at=place.clock.now())
    build.invitation(place.uow, place.school, place.admin.known_person)
    quotas.invitations(place.uow, place.school, uses=None, expires_at=None)
    with pytest.raises(LimitReached) as full:
        _invites(place, 2)
    assert (full.value.what, full.value.most) == (Quota.OPEN, 2)


def test_ended_invitations_count_for_their_day_too() -> None:
    place = _place(invitations_a_day=2)
    made = build.invitation(place.uow, place.school, place.admin.known_person, expires_at=place.clock.now())
    _invites(place)
    with pytest.raises(LimitReached) as full:
        _invites(place, 2)
    assert (full.value.what, full.value.most) == (Quota.INVITATIONS, 2)
    place.clock.at = made.created_at + DAY
    _invites(place, 2)


def test_the_last_seat_can_be_taken_and_applicants_take_none() -> None:
    place = _place(members_a_school=2)
    place.add_membership(place.person("zoe"), Standing.REJECTED)
    quotas.seat(place.uow, place.school.id)
    with pytest.raises(LimitReached) as full:
        quotas.seat(place.uow, place.school.id, 2)
    assert (full.value.what, full.value.most) == (Quota.MEMBERS, 2)
    place.member("nia")
    with pytest.raises(LimitReached):
        quotas.seat(place.uow, place.school.id)
    quotas.seat(_place().uow, place.school.id, 10**6)


def _mailed(place: Place, number: int, at: datetime | None = None) -> None:
    for one in range(number):
        tell_each_time(place.uow, f"person:{one}", Audience.PASSWORD, mailbox(str(one)), at)


def _message(place: Place, state: BroadcastState, *to: Recipient) -> Broadcast:
    """Store a broadcast from Ada to people."""
    made = Broadcast(
        build.fresh_id(), place.school.id, place.admin.known_person.id, "News", "Hello", DeliveryMethod.MAIL,
        "", place.clock.now(), "discord", state=state,
    )  # fmt: skip
    place.state.broadcasts[made.id] = made
    for one in to:
        place.state.recipients[made.id, one.person_id] = Recipient(
            made.id, one.person_id, one.state, one.by, at=one.at
        )
    return made


def test_a_days_mails_are_those_queued_and_those_of_messages_on_their_way() -> None:
    place = _place(mails_a_day=3)
    _mailed(place, 1)
    _message(
        place,
        BroadcastState.SENDING,
        Recipient("", "a", by=DeliveryMethod.MAIL),
        Recipient("", "b", by=DeliveryMethod.CHAT),
    )
    quotas.mail(place.uow)
    _mailed(place, 1)
    with pytest.raises(LimitReached) as full:
        quotas.mail(place.uow)
    assert (full.value.what, full.value.most) == (Quota.MAILS, 3)
    place.clock.at += DAY
    quotas.mail(place.uow)
    _mailed(unlimited := _place(), 9)
    quotas.mail(unlimited.uow)


def test_mails_that_are_scheduled_count_on_their_day_and_on_no_other() -> None:
    """Two are scheduled in nine days, and one is sent today."""
    place = _place(mails_a_day=2)
    on = place.clock.now() + 9 * DAY
    _mailed(place, 2, on)
    _mailed(place, 1)
    quotas.mail(place.uow)
    for at in (on - DAY, on + DAY, on + 99 * DAY):
        quotas.mail(place.uow, at)
    moment = timedelta(microseconds=1)
    for at in (on - DAY + moment, on, on + DAY - moment):
        with pytest.raises(LimitReached):
            quotas.mail(place.uow, at)
    _message(place, BroadcastState.SENDING, *(Recipient("", who, by=DeliveryMethod.MAIL) for who in "ab"))
    tomorrow = place.clock.now() + DAY
    for at in (place.clock.now(), tomorrow - moment):
        with pytest.raises(LimitReached):
            quotas.mail(place.uow, at)
    for at in (tomorrow, on - DAY):
        quotas.mail(place.uow, at)


def test_a_days_messages_are_counted_by_whom_they_go_to() -> None:
    place = _place(messages_a_day=3)
    now = place.clock.now()
    gone = [Recipient("", who, RecipientState.SENT, DeliveryMethod.CHAT, at=now) for who in "ab"]
    _message(place, BroadcastState.DONE, *gone)
    quotas.messages(place.uow, place.school.id, people=1, mails=0)
    with pytest.raises(LimitReached) as full:
        quotas.messages(place.uow, place.school.id, people=2, mails=0)
    assert (full.value.what, full.value.most) == (Quota.MESSAGES, 3)
    place.clock.at = now + DAY
    quotas.messages(place.uow, place.school.id, people=3, mails=0)
    quotas.messages(_place().uow, place.school.id, people=10**6, mails=10**6)


def test_a_message_that_mails_nobody_needs_no_room_for_mails() -> None:
    place = _place(mails_a_day=2)
    _mailed(place, 1)
    quotas.messages(place.uow, place.school.id, people=9, mails=1)
    with pytest.raises(LimitReached) as full:
        quotas.messages(place.uow, place.school.id, people=9, mails=2)
    assert (full.value.what, full.value.most) == (Quota.MAILS, 2)
    _mailed(place, 9)  # fewer are allowed by now than there were
    quotas.messages(place.uow, place.school.id, people=9, mails=0)
