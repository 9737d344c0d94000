"""What people are told about changes to them: once, by the state then, and only if it is news."""

import pytest

from bot.cards.notices.notices import Target, draw
from bot.chat.text import plain
from bot.core.audit import ONEROSTER, SCIM
from bot.core.bulk import acts as bulk_acts
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import Item
from bot.core.notices import news
from bot.core.notices.notices import Audience, Loss
from bot.core.people import former_accounts, lifecycle, members, person_schools
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access, Standing
from bot.core.rights import grants
from bot.core.rights.actors import AccountKey, Actor, district_actor
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from tests.core.newsroom import LEFT, news_texts, news_titles
from tests.core.place import Place
from tests.world import START

NORTH = District("north", "North", START)
GOOGLE, SLACK = AccountKey("google", "1234567890"), AccountKey("slack", "T1/U1")
BACK, ROLES = "You are back in Maple Grove", "Your roles in Maple Grove have changed"
SUSPENDED = "Your membership in Maple Grove is suspended"


@pytest.fixture
def place() -> Place:
    return Place()


def _does(place: Place, who: Actor, *verbs: Verb) -> None:
    for verb in verbs:
        lifecycle.change(place.uow, place.admin, place.school, who.known_person.id, verb)


def _gets(place: Place, who: Actor, *roles: str) -> None:
    grants.set_roles(place.uow, place.admin, place.school, who.known_person.id, roles)


@pytest.mark.parametrize(
    ("verb", "back", "told"),
    [
        (Verb.SUSPEND, Verb.REINSTATE, SUSPENDED),
        (Verb.DEACTIVATE, Verb.REACTIVATE, "Your membership in Maple Grove is deactivated"),
        (Verb.ARCHIVE, Verb.RESTORE, "Your membership in Maple Grove is archived"),
    ],
)
def test_being_barred_and_coming_back_are_told(place: Place, verb: Verb, back: Verb, told: str) -> None:
    nia = place.member("nia")
    _does(place, nia, verb)
    assert news_titles(place, minutes=0.9) == [], "whoever errs has put it right by then"
    assert news_titles(place) == [("discord/@nia", told)]
    _does(place, nia, back)
    assert news_titles(place) == [("discord/@nia", BACK)]


def test_nobody_reads_who_did_it_and_whom_the_school_names_can_be_asked(place: Place) -> None:
    place.save(place.school, support_contact="the office")
    nia = place.member("nia")
    _does(place, nia, Verb.SUSPEND)
    ((_, text),) = news_texts(place)
    assert "Questions? Ask the office." in text
    assert "Ada" not in text


def test_what_is_undone_at_once_is_told_nobody(place: Place) -> None:
    nia = place.member("nia")
    _does(place, nia, Verb.SUSPEND, Verb.REINSTATE, Verb.SUSPEND, Verb.REINSTATE)
    _gets(place, nia, "Staff")
    _gets(place, nia, "Viewer")
    assert len(place.waiting()) == 2, "of each matter there is one"
    assert news_titles(place) == []


def test_several_deeds_are_told_once_as_they_ended(place: Place) -> None:
    nia = place.member("nia")
    _gets(place, nia, "Staff")
    place.forward(seconds=30)
    _gets(place, nia, "Staff", "Observer")
    ((to, text),) = news_texts(place)
    assert (to, "You are now Observer, Staff there." in text) == ("discord/@nia", True)
    _does(place, nia, Verb.SUSPEND, Verb.DEACTIVATE, Verb.ARCHIVE)
    lifecycle.remove(place.uow, place.admin, place.school, nia.known_person.id)
    assert news_titles(place) == [("discord/@nia", LEFT)]


def test_barred_members_hear_nothing_of_roles(place: Place) -> None:
    nia = place.member("nia")
    _gets(place, nia, "Staff")
    _does(place, nia, Verb.SUSPEND)
    assert news_titles(place) == [("discord/@nia", SUSPENDED)]


def test_somebody_without_a_role_is_told_so(place: Place) -> None:
    nia = place.member("nia")
    _gets(place, nia)
    ((_, text),) = news_texts(place)
    assert "You have no role there now." in text


def test_what_comes_later_is_told_by_itself(place: Place) -> None:
    """Notices wait while a platform is away; none may tell an outdated state."""
    nia = place.member("nia")
    _does(place, nia, Verb.SUSPEND)
    place.forward(minutes=5)
    _does(place, nia, Verb.REINSTATE)
    assert len(place.waiting()) == 2
    assert news_titles(place) == [("discord/@nia", BACK)]


def test_archiving_whoever_is_suspended_is_no_news(place: Place) -> None:
    nia = place.person("nia")
    place.add_membership(nia, access=Access.SUSPENDED)
    _does(place, place.actor(nia), Verb.ARCHIVE)
    assert news_titles(place) == []
    _does(place, place.actor(nia), Verb.REINSTATE)
    assert news_titles(place) == [("discord/@nia", "Your membership in Maple Grove is archived")]


@pytest.mark.parametrize("standing", [Standing.PENDING, Standing.REJECTED])
def test_people_who_were_never_let_in_hear_nothing(place: Place, standing: Standing) -> None:
    nia = place.person("nia")
    place.add_membership(nia, standing)
    _does(place, place.actor(nia), Verb.SUSPEND)
    lifecycle.remove(place.uow, place.admin, place.school, nia.id)
    assert place.waiting() == []


def test_removed_people_who_ask_again_are_not_told(place: Place) -> None:
    nia = place.member("nia")
    lifecycle.remove(place.uow, place.admin, place.school, nia.known_person.id)
    assert members.await_approval(place.uow, place.school_id, nia.known_person.id, None)
    assert news_titles(place) == []


def test_people_without_a_chat_get_a_mail_and_people_without_an_account_none(place: Place) -> None:
    nia = place.person("nia", GOOGLE, email="nia@example.org")
    place.add_membership(nia)
    _does(place, Actor(place.admin.caller, nia), Verb.SUSPEND)
    assert news_titles(place) == [(f"email/@person:{nia.id}", SUSPENDED)]
    leo = place.person("leo", email="leo@example.org")
    place.state.accounts.pop(AccountKey("discord", "leo"))
    place.add_membership(leo)
    _does(place, Actor(place.admin.caller, leo), Verb.SUSPEND)
    kim = place.person("kim", AccountKey("google", "2"))
    place.add_membership(kim)
    _does(place, Actor(place.admin.caller, kim), Verb.SUSPEND)
    assert place.waiting() == []


def test_one_chat_is_told_and_the_next_where_it_refuses(place: Place) -> None:
    nia = place.person("nia", AccountKey("discord", "nia"), SLACK)
    place.add_membership(nia)
    _does(place, place.actor(nia), Verb.SUSPEND)
    (notice,) = place.waiting()
    assert str(notice.to) == "discord/@nia"
    for loss, told in ((Loss.TRIED, []), (Loss.REFUSED, ["slack/@T1/U1"])):
        place.state.outbox.clear()
        news.failed(place.uow, notice, loss)
        assert [str(one.to) for one in place.waiting()] == told


def test_an_account_that_is_given_up_is_told_nothing(place: Place) -> None:
    account = AccountKey("discord", "nia")
    nia = place.person("nia", account, SLACK)
    place.add_membership(nia)
    _does(place, place.actor(nia), Verb.SUSPEND)
    place.state.accounts.pop(account)
    former_accounts.give_up(place.uow, nia.id, account)
    assert news_titles(place) == [("slack/@T1/U1", SUSPENDED)]


@pytest.mark.parametrize("kind", [SCIM, ONEROSTER])
def test_what_a_directory_or_a_folder_does_is_not_told(place: Place, kind: str) -> None:
    place.uow.districts.add(NORTH)
    place.save(place.school, district_id=NORTH.id)
    nia = place.member("nia")
    lifecycle.change(
        place.uow, district_actor(kind, NORTH.id), place.school, nia.known_person.id, Verb.DEACTIVATE
    )
    assert place.waiting() == []


def test_people_erased_meanwhile_are_told_nothing(place: Place) -> None:
    nia = place.member("nia")
    lifecycle.remove(place.uow, place.admin, place.school, nia.known_person.id)
    place.uow.accounts.erase(nia.known_person.id, place.clock.now())
    assert news_titles(place) == []


def test_many_are_told_in_turn(place: Place) -> None:
    """Discord treats an app that opens many direct messages quickly as spam."""
    for number in range(1, 14):
        who = place.member(f"n{number}")
        item = Item(number, place.school_id, who.known_person.id, Act.SUSPEND, Access.OK.value)
        bulk_acts.OPERATIONS[Act.SUSPEND].do(place.uow, place.admin, place.school, item)
    due = [(one.due_at - place.clock.now()).total_seconds() for one in place.waiting()]
    assert due == [60.0] * 10 + [63.0, 66.0, 69.0]


def _with_another_school(place: Place, name: str) -> School:
    """Return another school that the admin is an admin of, too."""
    other = place.another_school(name)
    members.grant(place.uow, other.id, place.admin.known_person.id, SCHOOL_ADMIN.name, by=None)
    place.add_membership(place.admin.known_person, of=other)
    return other


def test_a_move_to_another_school_is_told_once(place: Place) -> None:
    oak, nia = _with_another_school(place, "Oak"), place.member("nia")
    person_schools.set_schools(place.uow, place.admin, nia.known_person.id, [oak])
    ((to, text),) = news_texts(place)
    assert (to, text.partition("\n")[0]) == ("discord/@nia", "Welcome to Oak")
    assert "You are no longer a member of Maple Grove" in text
    person_schools.set_schools(place.uow, place.admin, nia.known_person.id, [oak, place.school])
    person_schools.set_schools(place.uow, place.admin, nia.known_person.id, [oak])
    assert news_titles(place) == [], "in and out again"


def test_a_move_from_several_schools_is_told_once(place: Place) -> None:
    oak, elm = (_with_another_school(place, name) for name in ("Oak", "Elm"))
    nia = place.member("nia")
    place.add_membership(nia.known_person, of=elm)
    person_schools.set_schools(place.uow, place.admin, nia.known_person.id, [oak])
    ((_, text),) = news_texts(place)
    assert text.startswith("Welcome to Oak")
    assert "You are no longer a member of" in text
    assert all(name in text for name in ("Maple Grove", "Elm"))


def test_a_move_that_is_undone_is_not_told_and_half_of_it_is(place: Place) -> None:
    oak, nia = _with_another_school(place, "Oak"), place.member("nia")
    for schools in ([oak], [place.school]):
        person_schools.set_schools(place.uow, place.admin, nia.known_person.id, schools)
    assert news_titles(place) == []
    person_schools.set_schools(place.uow, place.admin, nia.known_person.id, [oak])
    lifecycle.remove(place.uow, place.admin, oak, nia.known_person.id)
    assert news_titles(place) == [("discord/@nia", LEFT)]


def test_what_two_admins_do_is_told_by_itself(place: Place) -> None:
    oak, nia = _with_another_school(place, "Oak"), place.member("nia")
    bea = place.member("bea", SCHOOL_ADMIN.name)
    person_schools.set_schools(place.uow, place.admin, nia.known_person.id, [oak, place.school])
    lifecycle.remove(place.uow, bea, place.school, nia.known_person.id)
    assert news_titles(place) == [("discord/@nia", "Welcome to Oak"), ("discord/@nia", LEFT)]


def test_a_locked_phone_does_not_tell_of_a_suspension(place: Place) -> None:
    nia = place.member("nia")
    _does(place, nia, Verb.SUSPEND)
    (notice,) = place.waiting()
    card = draw(place.uow, notice.subject, Target(Audience.CONCERNED))
    assert card is not None
    assert card.glance is not None
    assert plain(card.glance) == "Something has changed for you in Maple Grove"


def test_redeeming_and_what_people_do_themselves_tell_nothing(place: Place) -> None:
    assert members.activate(place.uow, place.school_id, place.person("nia").id, "Viewer", by=None)
    assert place.waiting() == []
