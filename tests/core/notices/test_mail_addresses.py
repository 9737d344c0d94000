"""To which address a mail goes, whom it is for, and when invited people are reminded: in memory."""

from datetime import datetime, timedelta

import pytest

from bot.core.invitations import reminders
from bot.core.invitations.addressees import Addressee
from bot.core.invitations.invitations import Invitation
from bot.core.notices import destinations
from bot.core.notices.mail_addresses import Recipient, recipient
from bot.core.notices.notices import Audience
from bot.core.people.members import Standing
from bot.core.rights.actors import AccountKey
from bot.core.rights.permissions import Permission
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.storage import build
from tests.world import START

GOOGLE = AccountKey("google", "1")
DAY = timedelta(days=1)


def _invited(place: Place, email: str = "nia@example.org", person_id: str = "nobody") -> str:
    """Invite somebody; return whom the mail is for."""
    to = Addressee(person_id, "Nia", email)
    return f"invitation:{build.invitation(place.uow, place.school, place.admin.known_person, to=to).id}"


def test_an_invitation_goes_to_its_own_address_in_the_zone_of_whom_it_is_for() -> None:
    place = Place()
    place.save(place.school, zone="Asia/Tokyo")
    assert recipient(place.uow, _invited(place)) == Recipient("nia@example.org", "Asia/Tokyo")
    nia = place.person("nia", email="private@example.org")
    assert recipient(place.uow, _invited(place, person_id=nia.id)) == Recipient(
        "nia@example.org", "Europe/Berlin"
    )
    somebody = replace(nia, zone=None)
    place.state.persons[nia.id] = somebody
    assert recipient(place.uow, _invited(place, person_id=nia.id)) == Recipient(
        "nia@example.org", "Asia/Tokyo"
    )


def test_an_invitation_that_is_handed_over_or_is_anybodys_has_no_address() -> None:
    place = Place()
    assert recipient(place.uow, _invited(place, email="")) is None
    anybodys = build.invitation(place.uow, place.school, place.admin.known_person)
    assert recipient(place.uow, f"invitation:{anybodys.id}") is None
    assert recipient(place.uow, "invitation:unknown") is None


def test_a_request_has_an_address_only_where_one_was_proven_for_it() -> None:
    place = Place()
    nia = place.person("nia")
    asked = build.join_request(place.uow, place.school, nia)
    assert recipient(place.uow, f"join_request:{asked.id}") is None
    assert recipient(place.uow, "join_request:unknown") is None


def test_a_person_has_their_address_and_nothing_else_has_one() -> None:
    place = Place()
    nia = place.person("nia", email="nia@example.org")
    details = replace(place.uow.people.details(nia.id), zone="Asia/Tokyo")
    assert place.uow.people.save_details(nia.id, details)
    assert recipient(place.uow, f"person:{nia.id}") == Recipient("nia@example.org", "Asia/Tokyo")
    assert place.uow.people.save_details(nia.id, replace(details, zone=None))
    assert recipient(place.uow, f"person:{nia.id}") == Recipient("nia@example.org")
    for name, standing in (("Guam", Standing.REJECTED), ("Fiji", Standing.ACTIVE), ("Apia", Standing.ACTIVE)):
        build.membership(place.uow, place.another_school(name, zone=f"Pacific/{name}"), nia, standing)
    assert recipient(place.uow, f"person:{nia.id}") == Recipient("nia@example.org", "Pacific/Fiji")
    assert recipient(place.uow, f"school:{nia.id}") is None
    assert recipient(place.uow, f"person:{place.admin.known_person.id}") is None
    assert recipient(place.uow, nia.id) is None


def test_a_card_is_the_affair_of_the_school_that_is_said() -> None:
    place = Place()
    for school_id in (place.school.id, None):
        destinations.tell_account(place.uow, f"school:{school_id}", Audience.DOER, discord("nia"), school_id)
    assert {one.subject: one.school_id for one in place.waiting()} == {
        f"school:{place.school.id}": place.school.id, "school:None": None,
    }  # fmt: skip


def test_admins_are_told_in_the_schools_channel_or_else_each_in_their_own() -> None:
    place = Place()
    mailed = place.member("mia").known_person
    place.uow.members.assign(mailed.id, "School Admin", place.school.id, by=None, at=START)
    admins = [str(one) for one in destinations.admins(place.uow, place.school.id, Permission.REQUEST_DECIDE)]
    assert sorted(admins) == ["discord/@ada", "discord/@mia"]
    place.with_approvals_channel()
    found = destinations.admins(place.uow, place.school.id, Permission.REQUEST_DECIDE)
    assert [str(one) for one in found] == ["discord/700/#approvals"]


def test_at_most_ten_admins_are_told() -> None:
    place = Place()
    for number in range(12):
        place.member(f"admin{number}", "School Admin")
    assert len(destinations.admins(place.uow, place.school.id, Permission.REQUEST_DECIDE)) == 10
    assert len(destinations.of_holders(place.uow, place.school.id, Permission.REQUEST_DECIDE, 99)) == 13


def test_whoever_only_signs_in_is_told_where_they_can_be() -> None:
    place = Place()
    place.person("nia", GOOGLE, discord("nia"))
    place.person("leo", AccountKey("google", "2"), email="leo@example.org")
    told = [destinations.of_account(place.uow, AccountKey("google", one)) for one in "123"]
    assert str(told[0]) == "discord/@nia"
    assert str(told[1]).startswith("email/@person:")
    assert told[2] is None
    assert destinations.chat(GOOGLE) is None


# When invited people are reminded.

SENT = START + DAY


def _sent(days: float | None, *, sent_at: datetime | None = SENT) -> Invitation:
    to = Addressee("p", "Nia", sent_at=sent_at)
    expires_at = SENT + days * DAY if days is not None else None
    return Invitation("i", "s", "t", "c", "a", START, expires_at=expires_at, to=to)


TIMES = [(10, [5, 9]), (9.9, [4.95]), (2, [1]), (1.9, []), (30, [15, 27])]


@pytest.mark.parametrize(("days", "after"), TIMES)
def test_reminders_come_at_half_and_nine_tenths_and_none_on_the_last_day(
    days: float, after: list[float]
) -> None:
    assert reminders.times(_sent(days)) == [SENT + one * DAY for one in after]


def test_nobody_is_reminded_of_what_was_not_sent_or_never_ends() -> None:
    assert reminders.times(_sent(None)) == reminders.times(_sent(10, sent_at=None)) == []
    assert reminders.times(replace(_sent(10), to=None)) == []


STEPS = [(10, 0, 5), (10, 5, 9), (10, 8.9, 9), (10, 9, 10), (10, 10, None), (None, 0, None), (1, 0.9, 1)]


@pytest.mark.parametrize(("days", "now", "step"), STEPS)
def test_what_time_does_next_is_a_reminder_or_the_end(
    days: float | None, now: float, step: float | None
) -> None:
    due = SENT + step * DAY if step is not None else None
    assert reminders.next_step(_sent(days), SENT + now * DAY) == due
