"""The rules of sending an invitation: what its message shows, where it goes, what the result is."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import LimitReached, Quota
from bot.core.invitations import sending
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.invitations import Invitation
from bot.core.notices.notices import Audience, Destination, Loss, Notice
from bot.core.rights.actors import AccountKey
from bot.core.schools.districts import District
from bot.core.schools.system import SystemSettings
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.storage import build
from tests.world import START

NORTH, SOUTH = (District(name.lower(), name, START) for name in ("North", "South"))


@pytest.fixture
def place() -> Place:
    place = Place()
    for one in (NORTH, SOUTH):
        place.uow.districts.add(one)
    place.save(place.school, district_id=NORTH.id)
    return place


def _made(place: Place, *grants: Grant, **to: Any) -> Invitation:
    """Make an invitation from Ada for Nia, who has no account."""
    ada = place.uow.people.by_id(place.admin.person_id or "")
    assert ada is not None
    addressee = Addressee(build.fresh_id(), "Nia", **{"email": "nia@example.org", "way": Way.EMAIL, **to})
    made = build.invitation(place.uow, place.school, ada, to=addressee)
    place.uow.addressed.grant(made.id, list(grants) or [Grant(place.school_id, "Staff")])
    place.clear_outbox_and_log()
    return made


def test_a_letter_names_the_district_that_all_its_schools_share(place: Place) -> None:
    oak, far = (
        place.another_school(name, district_id=of.id) for name, of in (("Oak", NORTH), ("Elm", SOUTH))
    )
    home = [Grant(place.school_id, role) for role in ("Staff", "Observer")]
    letter = sending.letter(place.uow, _made(place, *home, Grant(oak.id, "Viewer")))
    assert letter is not None
    assert (letter.home, letter.inviter, letter.district) == (place.school, "Ada", NORTH)
    assert letter.grants == ((place.school, ("Observer", "Staff")), (oak, ("Viewer",)))
    mixed = sending.letter(place.uow, _made(place, *home, Grant(far.id, "Viewer")))
    assert mixed is not None
    assert mixed.district is None
    place.save(place.school, district_id=None)
    alone = sending.letter(place.uow, _made(place, *home))
    assert alone is not None
    assert alone.district is None


def test_a_letter_of_whoever_is_unknown_names_nobody(place: Place) -> None:
    made = replace(_made(place), created_by="nobody")
    letter = sending.letter(place.uow, made)
    assert letter is not None
    assert letter.inviter == ""
    assert sending.letter(place.uow, replace(made, to=None)) is None


@pytest.mark.parametrize(
    ("to", "goes"),
    [
        ({}, "email/@{subject}"),
        ({"email": ""}, None),
        ({"way": Way.HAND}, None),
        ({"way": Way.DM, "account": discord("nia")}, "discord/@nia"),
        ({"way": Way.DM, "account": AccountKey("google", "nia")}, None),
        ({"way": Way.DM}, None),
    ],
)
def test_where_an_invitation_goes(place: Place, to: dict[str, Any], goes: str | None) -> None:
    made = _made(place, **to)
    assert made.to is not None
    found = sending.destination(place.uow, made, made.to)
    assert (str(found) if found else None) == (goes and goes.format(subject=made.subject))


def test_known_people_get_a_direct_message_in_their_first_chat(place: Place) -> None:
    nia = place.person("nia", AccountKey("google", "n"), discord("nia"), AccountKey("slack", "T1/U1"))
    made = _made(place, way=Way.DM)
    assert made.to is not None
    to = replace(made.to, person_id=nia.id)
    assert str(sending.destination(place.uow, made, to)) == "discord/@nia"


def test_what_is_queued_again_is_as_if_it_had_never_been_sent(place: Place) -> None:
    for error in ("refused", ""):
        again = sending.queue(place.uow, _made(place, sent_at=START, send_error=error)).to
        assert again is not None
        assert (again.send_at, again.sent_at, again.send_error) == (place.clock.now(), None, "")
    nowhere = sending.queue(place.uow, _made(place, email="", sent_at=START)).to
    assert nowhere is not None
    assert (nowhere.send_error, nowhere.sent_at) == ("nowhere", None)
    by_hand = sending.queue(place.uow, _made(place, way=Way.HAND)).to
    assert by_hand is not None
    assert (by_hand.send_at, place.waiting(Audience.ADDRESSEE)) == (None, [])


def test_only_mails_count_as_mails(place: Place) -> None:
    place.uow.system.save(SystemSettings(mails_a_day=1))
    first, second = _made(place), _made(place)
    chat = _made(place, way=Way.DM, account=discord("nia"))
    for made in (chat, first, chat):
        sending.queue(place.uow, made)
    with pytest.raises(LimitReached) as refused:
        sending.queue(place.uow, second)
    assert refused.value.what is Quota.MAILS
    another_day = place.clock.now() + timedelta(days=2)
    scheduled = sending.queue(place.uow, second, another_day).to
    assert scheduled is not None
    assert scheduled.send_at == another_day


def _notice(made: Invitation, audience: Audience = Audience.ADDRESSEE_BY_MAIL) -> Notice:
    to = Destination.by_mail(made.subject)
    return Notice(build.fresh_id(), "key", made.subject, audience, to, START, None, 0)


@pytest.mark.parametrize(
    ("loss", "error"), [(Loss.TRIED, "unreachable"), (Loss.NO_WAY, "no mail"), (Loss.REFUSED, "refused")]
)
def test_what_did_not_arrive_is_logged_and_told_once(place: Place, loss: Loss, error: str) -> None:
    ada = place.admin.person_id or ""
    assert place.uow.accounts.link(AccountKey("slack", "T1/ada"), ada, START)
    made = _made(place)
    sending.failed(place.uow, _notice(made), loss)
    now = place.uow.invitations.by_id(made.id)
    assert now is not None
    assert now.to is not None
    assert (now.to.send_error, now.to.sent_at) == (error, None)
    assert place.told(Audience.INVITER) == [(made.subject, "discord/@ada")], "in one of her chats"
    assert place.logged() == [f"- (email) invitation.not_sent {made.subject} at Maple Grove -> error={error}"]


def test_what_arrived_is_logged_and_told_to_nobody(place: Place) -> None:
    made = _made(place, send_error="refused")
    sending.arrived(place.uow, _notice(made))
    now = place.uow.invitations.by_id(made.id)
    assert now is not None
    assert now.to is not None
    assert (now.to.send_error, now.to.sent_at) == ("", place.clock.now())
    assert (place.told(), place.logged()) == (
        [],
        [f"- (email) invitation.sent {made.subject} at Maple Grove"],
    )
    for audience in (Audience.REMINDER_BY_MAIL, Audience.INVITER):
        sending.arrived(place.uow, _notice(made, audience))
    assert len(place.logged()) == 1, "a reminder is no sending"


def test_a_mails_link_is_made_while_the_invitation_is_alive(place: Place) -> None:
    made = _made(place)
    token = sending.mint(place.uow, _notice(made))
    found = place.uow.invitations.by_token(token)
    assert found is not None
    assert found.id == made.id
    assert sending.mint(place.uow, replace(_notice(made), subject="invitation:none")) == ""
    place.state.invitations[made.id] = replace(made, revoked_at=START)
    assert sending.mint(place.uow, _notice(made)) == ""
    carries = {one for one in Audience if sending.has_link(_notice(made, one))}
    assert carries == {Audience.ADDRESSEE_BY_MAIL, Audience.REMINDER_BY_MAIL}
