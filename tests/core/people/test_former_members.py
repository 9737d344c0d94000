"""People in no school: exported by those who may erase them, and found by System Administrators."""

import json
from typing import Any

import pytest

from bot.chat.replies import Card, File, Reply
from bot.core import audit
from bot.core.errors import NameUnclear, NotFound, NotPermitted, NotYoursToErase
from bot.core.people import erasure, exports, former_members
from bot.core.people.people import PersonDetails
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import Actor
from tests.core.door import Door, actions_in, heard, maple
from tests.core.place import Place, discord
from tests.storage import build


@pytest.fixture
def place() -> Place:
    return Place(named_administrators=frozenset({"discord:root"}))


def _root(place: Place) -> Actor:
    return place.system_admin(place.person("root"))


def file_in(reply: Reply) -> dict[str, Any]:
    assert isinstance(reply.answer, Card)
    (file,) = (block for block in reply.answer.blocks if isinstance(block, File))
    content: dict[str, Any] = json.loads(file.content)
    return {**content, "file": file.name}


async def test_a_school_exports_all_data_of_a_former_member(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    await door.says("ada", "/member edit person:nora email:nora@example.org")
    await door.says("ada", "/member remove nora")
    for typed in ("nora", "nora@example.org"):
        reply = await door.says("ada", f"/member export {typed}")
        assert not reply.refused, heard(reply)
        held = file_in(reply)
        assert held["person"]["email"] == "nora@example.org"
        assert (held["memberships"], held["accounts"]) == ([], [{"issuer": "web"}])
        assert len(held["redemptions"]) == 1
        assert {"invitation.redeemed", "member.removed"} <= {one["action"] for one in held["audit"]}
    assert (await door.audited())[-2:] == ["person.exported"] * 2
    assert (await door.says("nora", "/member export nora")).refused


def test_handing_over_a_former_member_needs_the_right_to_erase_them(place: Place) -> None:
    oak = place.another_school("Oak Hill")
    nia = place.member("nia").known_person
    place.add_membership(nia, of=oak)
    for school in (place.school, oak):
        erased = place.uow.members.of(school.id, nia.id)
        assert erased is not None
        del place.state.memberships[erased.id]
    place.clear_outbox_and_log()
    for school in (place.school, oak):
        audit.record(place.uow, place.admin, "member.removed", f"person:{nia.id}", school_id=school.id)
    with pytest.raises(NotYoursToErase):
        exports.of_former(place.uow, place.admin, place.school, nia.id)
    held = exports.of_former(place.uow, _root(place), place.school, nia.id)
    assert {one["school_id"] for one in held["audit"]} == {place.school_id, oak.id}


async def test_what_one_file_does_not_hold_is_in_the_next(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "IN_FILE", 4)
    monkeypatch.setattr(exports, "_A_PAGE", 3)
    await maple(door)
    for number in range(9):
        await door.says("ada", f"/invite create note:{number}")
    reply, found, names = await door.says("ada", "/account export"), [], []
    while True:
        held = file_in(reply)
        found += [(one["at"], one["action"], one["subject"]) for one in held["audit"]]
        names.append(held["file"].partition("-")[2][26:])
        if "The next file" not in actions_in(reply):
            break
        action = actions_in(reply)["The next file"]
        assert len(action.pack()) <= 100
        reply = await door.clicks("ada", action.command, **action.values)
    logged = [one.action for one in await door.audit_entries() if one.subject != "system:"]
    made = [action for _, action, _ in found if action == "invitation.created"]
    assert len(made) == logged.count("invitation.created") == 11
    assert len(found) == len(set(found))
    assert names == [".json", *(f"-{part}.json" for part in range(2, len(names) + 1))]
    assert held["person"]["name"] == "Ada"


async def test_the_parts_of_a_member_and_of_who_has_left_go_on_by_a_button(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "IN_FILE", 1)
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    for removed in (False, True):
        if removed:
            await door.says("ada", "/member remove nora")
        reply = await door.says("ada", "/member export nora")
        action = actions_in(reply)["The next file"]
        assert len(action.pack()) <= 100
        again = await door.clicks("ada", action.command, **action.values)
        assert not again.refused
        held = file_in(again)
        assert (held["part"], len(held["audit"]), "memberships" in held) == (2, 1, False)


def test_system_administrators_alone_find_who_is_in_no_school(place: Place) -> None:
    root, nia = _root(place), place.person("nia", email="nia@example.org")
    place.person("mia")
    place.member("leo")
    found = former_members.listed(place.uow, root, "", after=None, limit=10)
    assert [one.person.name for one in found] == ["Mia", "Nia"], "themselves they need not find"
    assert [one.person.name for one in former_members.listed(place.uow, root, "", after=None, limit=1)] == [
        "Mia"
    ]
    (one,) = former_members.listed(place.uow, root, "EXAMPLE", after=None, limit=10)
    assert (one.details.email, one.issuers) == ("nia@example.org", ("discord",))
    assert former_members.seen(place.uow, root, nia.id).schools == ()
    mia = former_members.listed(place.uow, root, "", after=None, limit=1)[0].person
    assert [one.person for one in former_members.listed(place.uow, root, "", after=mia.id, limit=9)] == [nia]
    for typed in (nia.id, "nia@example.org", " NIA "):
        assert former_members.named(place.uow, root, typed) == nia.id
    for typed in ("", "ni", "leo"):
        with pytest.raises(NotFound):
            former_members.named(place.uow, root, typed)
    zoe = place.person("zoe marsh")
    assert former_members.named(place.uow, root, " zoe  MARSH") == zoe.id
    place.person("nia", discord("nia2"))
    with pytest.raises(NameUnclear):
        former_members.named(place.uow, root, "nia")
    for actor in (place.admin, place.actor(nia)):
        with pytest.raises(NotPermitted):
            former_members.listed(place.uow, actor, "", after=None, limit=10)
        with pytest.raises(NotPermitted):
            former_members.named(place.uow, actor, "nia")
        with pytest.raises(NotPermitted):
            former_members.seen(place.uow, actor, nia.id)
        with pytest.raises(NotPermitted):
            exports.by_system(place.uow, actor, nia.id)
        with pytest.raises(NotPermitted):
            erasure.by_system(place.uow, actor, nia.id, confirmed=True)


def test_every_school_in_whose_records_somebody_is_still_knows_them(place: Place) -> None:
    oak, elm, nia = place.another_school("Oak Hill"), place.another_school("Elm"), place.person("nia")
    build.join_request(place.uow, oak, nia, state=RequestState.WITHDRAWN)
    audit.record(place.uow, place.admin, "member.removed", f"person:{nia.id}", school_id=elm.id)
    root = _root(place)
    assert former_members.seen(place.uow, root, nia.id).schools == (oak, elm)
    for school, knows in ((place.school, False), (oak, True), (elm, True)):
        assert former_members.has_left(place.uow, place.admin, school, nia.id) is knows
        assert former_members.has_left(place.uow, root, school, nia.id), (
            "who rules the system sees to anybody"
        )
        assert not former_members.is_known_only_here(place.uow, school, nia.id)
    leo = place.member("leo").known_person
    assert not former_members.has_left(place.uow, root, place.school, leo.id)
    with pytest.raises(NotFound):
        exports.of_former(place.uow, place.admin, place.school, leo.id)


def test_they_are_erased_and_who_is_somewhere_is_not(place: Place) -> None:
    root, nia, leo = _root(place), place.person("nia"), place.member("leo").known_person
    bea = place.person("bea")
    place.uow.districts.assign(bea.id, "District User", "north", by=None, at=place.clock.now())
    place.clear_outbox_and_log()
    for other in (leo, bea, root.known_person):
        with pytest.raises(NotFound):
            erasure.by_system(place.uow, root, other.id, confirmed=True)
        with pytest.raises(NotFound):
            former_members.seen(place.uow, root, other.id)
    assert erasure.by_system(place.uow, root, nia.id, confirmed=False).person == nia
    assert place.logged() == []
    erasure.by_system(place.uow, root, nia.id, confirmed=True)
    (entry,) = place.state.audit_entries
    assert (entry.action, entry.school_id, entry.subject) == ("person.erased", None, f"person:{nia.id}")
    assert place.uow.people.details(nia.id) == PersonDetails()
    with pytest.raises(NotFound):
        former_members.seen(place.uow, root, nia.id)
