"""The card of an invitation in a channel: what it shows, and when it is redrawn. The rules in memory."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.cards.notices.notices import Target, draw
from bot.chat.context import Links
from bot.chat.replies import Card
from bot.core.invitations import clock, invitations, posting
from bot.core.invitations.invitations import Invitation
from bot.core.notices import deliveries, notice_rights
from bot.core.notices.notices import Audience, Destination, Loss, Notice
from bot.core.people import lifecycle
from bot.core.people.lifecycle import Verb
from bot.core.rights.actors import AccountKey, Actor, Platform, WorkspaceKey
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.place import Place
from tests.storage import build
from tests.world import BASE_URL, SLASHES

LINKS = Links(BASE_URL, SLASHES)
DAY = timedelta(days=1)


@pytest.fixture
def place() -> Place:
    return Place()


def _in_lobby(actor: Actor) -> Actor:
    return replace(actor, caller=replace(actor.caller, channel="lobby"))


def _posted(place: Place, by: Actor | None = None, **terms: object) -> Invitation:
    """Post an invitation, whose card is then in the channel."""
    by = by or place.admin
    made = build.invitation(place.uow, place.school, by.known_person, **terms)
    assert posting.post(place.uow, _in_lobby(by), made, place.school)
    place.shown(made.subject, Audience.POSTED)
    place.clear_outbox_and_log()
    return made


def _notices(place: Place, of: Invitation) -> list[Notice]:
    return [one for one in place.waiting(Audience.POSTED) if one.subject == of.subject]


def _swept(place: Place) -> list[str]:
    while clock.sweep(place.uow, ItemTracker()):
        pass
    return place.redrawn()


def _shown(place: Place, of: Invitation, platform: Platform = Platform.SLACK) -> Card:
    card = draw(place.uow, of.subject, Target(Audience.POSTED, links=LINKS, platform=platform))
    assert card is not None
    return card


def test_the_card_is_for_everybody_and_says_what_to_type_there(place: Place) -> None:
    made = _posted(place, note="For parents")
    card = _shown(place, made)
    assert not card.private
    assert "/homeroom join" in repr(card)
    assert f"{BASE_URL}/i/{made.token}" in repr(card)
    assert "For parents" in repr(card)


ENDS: dict[str, Callable[[Place, Invitation], object]] = {
    "revoked": lambda place, one: invitations.revoke(place.uow, place.admin, one, place.school),
    "expired": lambda place, _: place.forward(days=8),
    "used up": lambda place, one: place.uow.invitations.take_use(one.id, place.clock.now()),
    "revoked with all of its maker": lambda place, one: invitations.end_all_by(
        place.uow, place.school.id, one.created_by, by=None
    ),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_card_of_an_invitation_that_has_ended_shows_no_secret(
    place: Place, end: Callable[[Place, Invitation], object]
) -> None:
    made = _posted(place, uses_allowed=1, expires_at=place.clock.now() + 7 * DAY, note="For parents")
    end(place, made)
    assert _swept(place).count(made.subject) == 1
    card = repr(_shown(place, made))
    assert "This invitation has ended" in card
    assert made.code not in card.replace("-", "")
    assert made.token not in card
    assert "For parents" not in card
    assert _swept(place).count(made.subject) == 1, "one redraw for one end"


def test_of_a_suspended_admins_invitations_only_posted_ones_are_redrawn(place: Place) -> None:
    omar = place.member("omar", SCHOOL_ADMIN.name)
    made = _posted(place, omar)
    for _ in range(60):
        build.invitation(place.uow, place.school, omar.known_person)
    lifecycle.change(place.uow, place.admin, place.school, omar.known_person.id, Verb.SUSPEND)
    assert clock.sweep(place.uow, ItemTracker()) == 1
    assert place.redrawn() == [made.subject]


def test_a_use_that_is_not_the_last_redraws_nothing(place: Place) -> None:
    made = _posted(place, uses_allowed=2)
    place.uow.invitations.take_use(made.id, place.clock.now())
    assert _swept(place) == []


@pytest.mark.parametrize("late", [True, False])
def test_a_late_code_lets_people_ask_where_the_school_allows_it(place: Place, *, late: bool) -> None:
    place.save(place.school, late_codes=late)
    made = _posted(place, expires_at=place.clock.now() + DAY)
    place.forward(days=2)
    card = repr(_shown(place, made))
    assert ("still ask to join" in card) is late
    assert (made.token in card) is late


def test_the_card_of_an_archived_school_shows_no_secret(place: Place) -> None:
    made = _posted(place)
    place.save(place.school, archived_at=place.clock.now())
    assert made.token not in repr(_shown(place, made))


def test_what_has_ended_before_it_was_posted_is_not_posted(place: Place) -> None:
    made = build.invitation(place.uow, place.school, place.admin.known_person)
    posting.post(place.uow, _in_lobby(place.admin), made, place.school)
    (notice,) = _notices(place, made)
    hooks = deliveries.hooks_for(notice)
    assert hooks.wanted(place.uow, notice)
    invitations.revoke(place.uow, place.admin, made, place.school)
    assert not hooks.wanted(place.uow, notice)


def test_it_is_posted_in_places_that_the_school_is_not_linked_to(place: Place) -> None:
    made = build.invitation(place.uow, place.school, place.admin.known_person)
    key = replace(place.admin.caller.workspace, external_id="elsewhere")  # type: ignore[type-var]
    away = replace(place.admin, caller=replace(place.admin.caller, workspace=key, channel="lobby"))
    posting.post(place.uow, away, made, place.school)
    (notice,) = _notices(place, made)
    assert notice_rights.may_be_told(place.uow, notice)


def test_whoever_posted_it_is_told_where_they_posted_if_the_channel_refuses_it(place: Place) -> None:
    omar = place.member("omar", SCHOOL_ADMIN.name)
    for account in (AccountKey("slack", "T1/OMAR"), AccountKey("discord", "zz-later")):
        place.uow.accounts.link(account, omar.known_person.id, place.uow.now)
    made = build.invitation(place.uow, place.school, place.admin.known_person)
    posting.post(place.uow, _in_lobby(omar), made, place.school)
    (notice,) = _notices(place, made)
    hooks = deliveries.hooks_for(notice)
    hooks.failed(place.uow, notice, Loss.REFUSED)
    assert place.told(Audience.ADMIN) == [(made.subject, "discord/@omar")]
    in_slack = Destination.in_channel(WorkspaceKey(Platform.SLACK, "T1"), "lobby")
    hooks.failed(place.uow, replace(notice, to=in_slack), Loss.REFUSED)
    assert (made.subject, "slack/@T1/OMAR") in place.told(Audience.ADMIN)
    card = draw(place.uow, made.subject, Target(Audience.ADMIN))
    assert card is not None
    assert "I may not write there" in repr(card)
    assert made.token not in repr(card)
