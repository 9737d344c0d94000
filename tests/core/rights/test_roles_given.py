"""Changes of roles and work in the background, as the rules alone see them."""

import pytest

from bot.core.errors import NothingToChange, RoleAboveCeiling
from bot.core.people.members import Standing
from bot.core.rights import acting, custom_roles, grants
from bot.core.rights.actors import AccountKey, Actor, Caller, Platform
from bot.core.rights.permissions import Permission
from tests.core.place import Place, discord
from tests.storage import build


def test_each_role_that_is_added_or_taken_away_must_be_the_givers_to_give() -> None:
    place = Place()
    holds = {Permission.ROLE_GRANT, Permission.MEMBER_READ}
    custom_roles.create(place.uow, place.admin, place.school, "Clerk", holds=holds)
    clerk, nia = place.member("cleo", "Clerk"), place.member("nia").known_person
    for wanted in (["Viewer", "Reporter"], ["Reporter"]):
        with pytest.raises(RoleAboveCeiling):
            grants.set_roles(place.uow, clerk, place.school, nia.id, wanted)
    grants.set_roles(place.uow, clerk, place.school, nia.id, ["Staff"])
    assert place.uow.members.roles(place.school.id, nia.id) == ["Staff"]


def test_roles_wait_until_their_person_is_let_in() -> None:
    place = Place()

    def told(name: str, standing: Standing, *, asked: bool = False) -> str:
        who = place.person(name)
        place.add_membership(who, standing)
        if asked:
            build.join_request(place.uow, place.school, who)
        with pytest.raises(NothingToChange) as refused:
            grants.set_roles(place.uow, place.admin, place.school, who.id, ["Staff"])
        return refused.value.state

    assert told("rae", Standing.REJECTED) == "rejected"
    approve = "pending; choose their role when you approve their request"
    assert told("ana", Standing.PENDING, asked=True) == approve
    again = "pending; to offer other roles, clear their invitation and invite them again"
    assert told("ina", Standing.PENDING) == again


def test_background_work_is_done_as_whoever_started_it_is_now() -> None:
    place = Place(named_administrators=frozenset({"discord:nia"}))
    nia = place.person("nia")
    caller = Caller(discord("nia"), "Nia", Platform.SLACK)
    assert acting.as_person(place.uow, nia.id, "slack") == Actor(caller, nia, is_system_administrator=True)
    nobody = Actor(Caller(AccountKey("web", ""), "", Platform.WEB), None)
    assert acting.as_person(place.uow, "nobody", "") == nobody
