"""What people are told about the offices that they get and lose, and admins about their school."""

import pytest

from bot.core.people import lifecycle, transfers
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Member
from bot.core.people.transfers import TransferRequest
from bot.core.rights import grants
from bot.core.rights.actors import Actor
from bot.core.rights.roles import DISTRICT_ADMIN, DISTRICT_USER, SCHOOL_ADMIN
from bot.core.schools import districts, tree
from bot.core.schools.districts import District
from tests.core.newsroom import LEFT, news_texts, news_titles
from tests.core.place import Place
from tests.world import START, system_admin

NORTH, SOUTH = (District(name.lower(), name, START) for name in ("North", "South"))
SYSTEM_ADMIN = system_admin()


@pytest.fixture
def place() -> Place:
    """A school beside two districts."""
    place = Place()
    for one in (NORTH, SOUTH):
        place.uow.districts.add(one)
    return place


def test_the_primary_admin_hears_it_and_whoever_was(place: Place) -> None:
    bea, cleo = (place.member(name, SCHOOL_ADMIN.name) for name in ("bea", "cleo"))
    grants.make_primary(place.uow, cleo, place.school, bea.known_person.id)
    assert news_titles(place) == [
        ("discord/@bea", "You are now the Primary Admin of Maple Grove"),
        ("discord/@ada", "You are no longer the Primary Admin of Maple Grove"),
    ]
    grants.make_primary(place.uow, cleo, place.school, place.admin.known_person.id)
    grants.make_primary(place.uow, cleo, place.school, bea.known_person.id)
    assert news_titles(place) == [], "it is as it was"


def _member(place: Place, who: Actor) -> Member:
    membership = place.uow.members.of(place.school_id, who.known_person.id)
    assert membership is not None
    found = place.uow.members.by_id(place.school_id, membership.id)
    assert found is not None
    return found


def test_a_transfer_tells_both_what_it_has_made_of_them(place: Place) -> None:
    bea, cleo = (place.member(name, SCHOOL_ADMIN.name) for name in ("bea", "cleo"))
    grants.make_primary(place.uow, cleo, place.school, bea.known_person.id)
    news_titles(place)
    dan = place.member("dan", SCHOOL_ADMIN.name)
    for wish, told in (
        (
            TransferRequest(_member(place, bea), _member(place, cleo), primary=True),
            [
                ("discord/@cleo", "You are now the Primary Admin of Maple Grove"),
                ("discord/@bea", "You are no longer the Primary Admin of Maple Grove"),
            ],
        ),
        (TransferRequest(_member(place, bea), _member(place, cleo), remove=True), [("discord/@bea", LEFT)]),
    ):
        plan, _ = transfers.transfer(place.uow, dan, place.school, wish, agreed="")
        transfers.transfer(place.uow, dan, place.school, wish, agreed=plan.digest)
        assert news_titles(place) == told


def test_roles_over_a_district_are_told_each_by_itself(place: Place) -> None:
    nia = place.member("nia")
    place.save(place.school, district_id=NORTH.id)
    for role in (DISTRICT_ADMIN, DISTRICT_USER):
        districts.grant(place.uow, SYSTEM_ADMIN, NORTH, nia.known_person.id, role.name)
    districts.grant(place.uow, SYSTEM_ADMIN, SOUTH, nia.known_person.id, DISTRICT_USER.name)
    districts.take(place.uow, SYSTEM_ADMIN, SOUTH, nia.known_person.id, DISTRICT_USER.name)
    assert news_titles(place) == [
        ("discord/@nia", "You are now District Admin of North"),
        ("discord/@nia", "You are now District User of North"),
    ]
    districts.take(place.uow, SYSTEM_ADMIN, NORTH, nia.known_person.id, DISTRICT_USER.name)
    ((_, text),) = news_texts(place)
    assert text.startswith("You are no longer District User of North")
    assert "Your roles in its schools stay." in text


def test_admins_hear_what_becomes_of_their_school_and_from_whom(place: Place) -> None:
    place.member("nia")
    place.save(place.school, district_id=NORTH.id)
    dora = place.person("dora")
    for one in (NORTH, SOUTH):
        place.uow.districts.assign(dora.id, DISTRICT_ADMIN.name, one.id, by=None, at=START)
    head = place.actor(dora)
    tree.archive(place.uow, head, place.school)
    ((to, text),) = news_texts(place)
    assert (to, text.partition("\n")[0]) == ("discord/@ada", "Maple Grove is archived")
    assert "Questions? Ask Dora, who did that." in text
    tree.restore(place.uow, head, place.school)
    assert news_titles(place) == [("discord/@ada", "Maple Grove is open again")]
    tree.archive(place.uow, head, place.school)
    tree.restore(place.uow, head, place.school)
    assert news_titles(place) == []
    tree.move(place.uow, head, place.school, SOUTH)
    assert news_titles(place) == [("discord/@ada", "Maple Grove now belongs to South")]
    tree.move(place.uow, SYSTEM_ADMIN, place.school, None)
    assert news_titles(place) == [("discord/@ada", "Maple Grove no longer belongs to a district")]


def test_the_admin_who_archives_a_school_is_not_told(place: Place) -> None:
    place.save(place.school, district_id=NORTH.id)
    place.uow.districts.assign(place.admin.known_person.id, DISTRICT_ADMIN.name, NORTH.id, by=None, at=START)
    bea = place.member("bea", SCHOOL_ADMIN.name)
    tree.archive(place.uow, place.admin, place.school)
    lifecycle.change(place.uow, place.admin, place.school, bea.known_person.id, Verb.SUSPEND)
    assert news_titles(place) == [("discord/@bea", "Maple Grove is archived")], "nobody acts there anyhow"
