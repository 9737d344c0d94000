"""An inviter hears in one message that grows of many invitations that could not be sent: in memory."""

from datetime import timedelta

import pytest

from bot.cards.notices.notices import Target, draw
from bot.core.invitations import sending, unreached
from bot.core.invitations.addressees import Addressee, Way
from bot.core.invitations.invitations import Invitation
from bot.core.notices import notice_rights
from bot.core.notices.notices import Audience, CardCopy, Destination, Loss, Notice
from bot.core.rights.actors import Platform
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.storage import build

ADA = "discord/@ada"


@pytest.fixture
def place() -> Place:
    return Place()


def _invited(place: Place, number: int) -> list[Invitation]:
    """Queue this many invitations by mail."""
    found = []
    for one in range(number):
        nia = place.person(f"nia{one}", email=f"nia{one}@example.org")
        to = Addressee(nia.id, nia.name, f"nia{one}@example.org", way=Way.EMAIL)
        made = build.invitation(place.uow, place.school, place.admin.known_person, uses_allowed=1, to=to)
        found.append(sending.queue(place.uow, made))
    return found


def _fail(place: Place, *some: Invitation) -> None:
    for made in some:
        now = place.state.invitations[made.id]
        assert now.to is not None
        at = now.to.send_at or place.clock.now()
        to = Destination.by_mail(made.subject)
        notice = Notice(build.fresh_id(), "key", made.subject, Audience.ADDRESSEE_BY_MAIL, to, at)
        sending.failed(place.uow, notice, Loss.REFUSED)


def _several(place: Place) -> str:
    return f"{unreached.KIND}:{place.school_id}/{place.admin.person_id}"


def _drawn(place: Place) -> str:
    return repr(draw(place.uow, _several(place), Target(Audience.INVITER)))


def _arrives(place: Place) -> CardCopy:
    """Deliver the message about several."""
    (notice,) = (one for one in place.waiting(Audience.INVITER) if one.subject == _several(place))
    place.uow.outbox.mark_delivered(notice.id, place.clock.now())
    copy = CardCopy(build.fresh_id(), notice.subject, notice.audience, notice.to, "dm", "1", "")
    place.uow.card_copies.add(copy, place.clock.now())
    return copy


def test_of_one_that_could_not_be_sent_the_inviter_is_told_each_time(place: Place) -> None:
    (made,) = _invited(place, 1)
    _fail(place, made)
    assert place.told(Audience.INVITER) == [(made.subject, ADA)]
    place.clear_outbox_and_log()
    _fail(place, sending.queue(place.uow, place.state.invitations[made.id]))
    assert place.told(Audience.INVITER) == [(made.subject, ADA)]


def test_of_many_the_inviter_hears_in_two_messages(place: Place) -> None:
    made = _invited(place, 30)
    _fail(place, *made)
    assert place.told(Audience.INVITER) == [(made[0].subject, ADA), (_several(place), ADA)]
    card = _drawn(place)
    assert "'n', 30" in card
    assert "Nia29" in card
    assert "Nia19" not in card, "the latest ones, and a way to the others"
    assert "invite list" in card


def test_the_message_grows_once_a_minute_and_a_new_one_comes_after_an_hour(place: Place) -> None:
    made = _invited(place, 9)
    _fail(place, *made[:3])
    copy = _arrives(place)
    _fail(place, *made[3:6])
    (grows,) = (one.notice for one in place.state.outbox.values() if one.notice.copy_id == copy.id)
    assert timedelta() < grows.due_at - place.clock.now() <= timedelta(minutes=1)
    assert "'n', 6" in _drawn(place)
    assert (_several(place), ADA) not in place.told(Audience.INVITER)
    place.forward(hours=1)
    _fail(place, *made[6:])
    assert place.told(Audience.INVITER).count((_several(place), ADA)) == 1


def test_what_is_sent_again_leaves_the_message(place: Place) -> None:
    made = _invited(place, 3)
    _fail(place, *made)
    _arrives(place)
    sending.queue(place.uow, place.state.invitations[made[0].id])
    assert place.redrawn() == [_several(place)]
    assert "Nia0" not in _drawn(place)
    for one in made[1:]:
        place.state.invitations[one.id] = replace(one, revoked_at=place.clock.now())
    assert "on their way again" in _drawn(place)


def test_what_failed_days_ago_is_not_told_of_again(place: Place) -> None:
    _fail(place, *_invited(place, 2))
    place.clear_outbox_and_log()
    place.forward(days=3)
    to = Addressee(place.person("zoe").id, "Zoe", "zoe@example.org", way=Way.EMAIL)
    late = build.invitation(place.uow, place.school, place.admin.known_person, uses_allowed=1, to=to)
    late = sending.queue(place.uow, late)
    _fail(place, late)
    assert place.told(Audience.INVITER) == [(late.subject, ADA)]


def test_a_mail_waits_since_it_cannot_grow(place: Place) -> None:
    ada = place.admin.known_person
    place.state.accounts.pop(discord("ada"))
    place.uow.people.save_details(ada.id, replace(place.uow.people.details(ada.id), email="ada@example.org"))
    made = _invited(place, 5)
    _fail(place, *made)
    several = [one for one in place.waiting(Audience.INVITER) if one.subject == _several(place)]
    (notice,) = several
    assert notice.to.platform is Platform.EMAIL
    assert timedelta() < notice.due_at - place.clock.now() <= timedelta(minutes=10)


def test_whoever_may_not_see_invitations_any_more_is_not_told_of_several(place: Place) -> None:
    omar = place.member("omar", "School Admin")
    to = Destination.direct(discord("omar"))
    subject = f"{unreached.KIND}:{place.school_id}/{omar.person_id}"
    notice = Notice(build.fresh_id(), "key", subject, Audience.INVITER, to, place.clock.now())
    assert notice_rights.may_be_told(place.uow, notice)
    place.uow.members.unassign(omar.person_id or "", "School Admin", place.school_id)
    assert not notice_rights.may_be_told(place.uow, notice)
