"""Codes that are redeemed unusually fast: what happens, and what is logged. The rules in memory."""

from datetime import timedelta

import pytest

from bot.core.errors import BadValue, NothingToChange, NotPermitted
from bot.core.invitations import leaks, posting
from bot.core.invitations.addressees import Addressee
from bot.core.invitations.invitations import Invitation, InvitationState, Redemption
from bot.core.invitations.leaks import WITHIN, Watch
from bot.core.joining_errors import InvitationDead
from bot.core.notices.notices import Audience
from bot.core.schools.schools import SchoolAccess
from bot.core.stuck import ItemTracker, TrackedItem, put_off
from bot.core.values import replace
from tests.core.place import Place
from tests.fakes.leaks import FakeLeaks
from tests.storage import build
from tests.world import START

WATCH = Watch(many=6, few=3)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def opened(place: Place, **settings: object) -> Invitation:
    return build.invitation(place.uow, place.school, place.admin.known_person, **settings)


def redeemed(place: Place, invitation: Invitation, number: int) -> None:
    """Let this many people redeem an invitation now."""
    for _ in range(number):
        one = Redemption(build.fresh_id(), invitation.id, place.admin.known_person.id, place.clock.now())
        place.state.redemptions[one.id] = one
    taken = place.state.invitations[invitation.id].uses_taken + number
    place.state.invitations[invitation.id] = replace(invitation, uses_taken=taken)


def watched(place: Place) -> int:
    return leaks.tell_of_rushes(place.uow, ItemTracker(), watch=WATCH)


def about(place: Place, invitation: Invitation) -> leaks.Rush:
    return leaks.rush(place.uow, place.state.invitations[invitation.id])


def test_each_rush_is_told_once_and_counted() -> None:
    place = Place()
    invitations = [opened(place) for _ in range(4)]
    for invitation, number in zip(invitations, (6, 5, 7, 6), strict=True):
        redeemed(place, invitation, number)
    put_off(place.uow, TrackedItem("rush", invitations[3].id), "broke")
    tracker, held = ItemTracker(), set[str]()
    tracker.settle = lambda: held.add(str(tracker.item))
    assert leaks.tell_of_rushes(place.uow, tracker, watch=WATCH) == 2
    assert held == {f"rush:{one.id}" for one in invitations[:3]}
    told = [(one.subject, "discord/@ada") for one in (invitations[0], invitations[2])]
    assert sorted(place.told(Audience.WATCHER)) == sorted(told)
    assert watched(place) == 0


def test_what_another_replica_has_told_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    redeemed(place, opened(place), 6)
    monkeypatch.setattr(FakeLeaks, "alarm", lambda *_: False)
    assert watched(place) == 0
    assert place.told() == []


def test_one_that_is_gone_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place()
    there = opened(place)
    monkeypatch.setattr(FakeLeaks, "rushed", lambda *_: [("gone", 9), (there.id, 9)])
    assert watched(place) == 1


def test_what_admins_are_shown_of_a_rush() -> None:
    place = Place()
    made = opened(place)
    redeemed(place, made, 1)
    assert about(place, made).number == 0
    assert about(place, made).noticed_at is None
    place.forward(minutes=11)
    redeemed(place, place.state.invitations[made.id], 6)
    assert watched(place) == 1
    at = place.clock.now()
    place.forward(minutes=1)
    redeemed(place, place.state.invitations[made.id], 2)
    now = place.state.invitations[made.id]
    assert about(place, made) == leaks.Rush(now, place.school, InvitationState.OPEN, 6, at)


@pytest.mark.parametrize(
    ("before", "age", "now", "rush"),
    [
        (432, DAY, 15, False),  # three in ten minutes are usual, and five times that is no rush yet
        (432, DAY, 16, True),
        (432, DAY - MINUTE, 16, False),
    ],
)
def test_from_where_on_it_is_a_rush(before: int, age: timedelta, now: int, *, rush: bool) -> None:
    made = Invitation("i", "s", "t", "c", "p", START, uses_taken=before + now)
    assert Watch().is_rush(made, now, START + age + WITHIN) is rush


def test_what_is_for_one_person_is_neither_locked_nor_shown_to_all() -> None:
    place = Place()
    made = opened(place, to=Addressee(place.person("nia").id, "Nia"))
    with pytest.raises(BadValue) as refused:
        leaks.lock(place.uow, place.admin, made, place.school)
    words = "is for one person alone"
    assert (refused.value.option, refused.value.problem) == (
        "invitation",
        f"{words}: clear it, or send it again with a new link",
    )
    with pytest.raises(BadValue) as refused:
        posting.may_post(place.uow, made, place.school, confirmed=True)
    told = ("invitation", f"{words}: send it to them instead")
    assert (refused.value.option, refused.value.problem) == told


def test_a_private_schools_is_shown_to_all_only_if_somebody_is_sure() -> None:
    place = Place()
    made = opened(place)
    assert [posting.may_post(place.uow, made, place.school, confirmed=sure) for sure in (False, True)] == [
        False,
        True,
    ]
    public = place.save(place.school, access=SchoolAccess.PUBLIC)
    assert posting.may_post(place.uow, made, public, confirmed=False)
    leaks.lock(place.uow, place.admin, made, place.school)
    with pytest.raises(InvitationDead):
        posting.may_post(place.uow, place.state.invitations[made.id], public, confirmed=True)


def test_the_log_says_in_which_channel_it_was_shown() -> None:
    place = Place()
    made = opened(place)
    with pytest.raises(NotPermitted):
        posting.post(place.uow, place.member("sam", "Staff"), made, place.school)
    in_lobby = replace(place.admin, caller=replace(place.admin.caller, channel="lobby"))
    for actor in (in_lobby, place.admin):
        posting.post(place.uow, actor, made, place.school)
    where = f"Ada (discord) invitation.posted {made.subject} at Maple Grove"
    assert place.logged() == [f"{where} -> channel=lobby", f"{where} -> channel="]
    assert [to.rpartition("/")[2] for _, to in place.told(Audience.POSTED)] == ["#lobby"]


def test_the_log_says_who_locked_and_unlocked_it() -> None:
    place = Place()
    made = opened(place)
    place.shown(made.subject)
    leaks.lock(place.uow, place.admin, made, place.school)
    assert place.redrawn() == [made.subject]
    with pytest.raises(NothingToChange) as refused:
        leaks.lock(place.uow, place.admin, made, place.school)
    assert refused.value.state == "locked"
    leaks.unlock(place.uow, place.admin, made, place.school)
    with pytest.raises(NothingToChange) as refused:
        leaks.unlock(place.uow, place.admin, made, place.school)
    assert refused.value.state == "open"
    where = f"{made.subject} at Maple Grove"
    assert place.logged() == [
        f"Ada (discord) invitation.locked {where}",
        f"Ada (discord) invitation.unlocked {where}",
    ]
