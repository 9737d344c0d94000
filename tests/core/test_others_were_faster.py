"""Somebody else was faster, as only a conditional update notices: the whole change is refused, in words."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pytest

from bot.core.errors import NotFound
from bot.core.ids import new_id
from bot.core.people import exports, lifecycle, passwords, people
from bot.core.people.lifecycle import Verb
from bot.core.people.passwords import SignInWays
from bot.core.ports import UnitOfWork
from bot.core.rights import grants
from bot.core.rights.actors import Actor, Caller, Platform
from bot.core.schools.schools import School
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, link
from tests.core.people.test_accounts import linking_code
from tests.world import caller

# The databases' own conditions are raced in tests/storage.
fake = pytest.mark.parametrize("door", ["fake"], indirect=True)
DESK = caller("nora", platform=Platform.SLACK, workspace="T1")


async def _refused(
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
    fails: str,
    who: Caller | str,
    line: str,
    finds: object = None,
) -> str:
    """Type a line while one method of the repositories (such as `members.add`) reports a lost race."""
    where, what = fails.split(".")
    stored = await door.known()
    with monkeypatch.context() as faster:
        await door.database.read(
            lambda uow: faster.setattr(type(getattr(uow, where)), what, lambda *_, **__: finds)
        )
        reply = await door.says(who, line)
    assert reply.refused, heard(reply)
    assert await door.known() == stored
    return heard(reply)


ADMIN: Sequence[tuple[Sequence[str], str, str, str]] = [
    ((), "roles.add", "/role create name:Clerk permissions:member.read", "The name Clerk is already taken"),
    (
        ["/role create name:Clerk permissions:member.read"],
        "roles.by_id",
        "/role edit role:Clerk name:Office",
        "I cannot find that role",
    ),
    (
        ["/role create name:Clerk permissions:member.read"],
        "roles.delete",
        "/role delete role:Clerk",
        "I cannot find that role",
    ),
    ((), "schools.save", '/school edit name:"Oak Hill"', "The name Oak Hill is already taken"),
    ((), "schools.set_primary", "/member primary omar sure:yes", "the Primary Admin of Maple Grove"),
    ((), "members.remove", "/member remove omar", "How it stands: active"),
    (
        ["/message save name:Hello subject:Hi text:There"],
        "templates.by_id",
        "/message edit template:Hello text:New",
        "I cannot find that template",
    ),
]


@fake
@pytest.mark.parametrize(("before", "fails", "line", "told"), ADMIN)
async def test_what_an_admin_says_too_late(
    door: Door, monkeypatch: pytest.MonkeyPatch, before: Sequence[str], fails: str, line: str, told: str
) -> None:
    await maple(door, invite=None)
    for one in before:
        assert not (await door.says(ADA, one)).refused
    finds = False if fails.split(".")[1] in {"add", "save", "set_primary", "remove"} else None
    assert told in await _refused(door, monkeypatch, fails, ADA, line, finds)


@fake
@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ("accounts.current", "cannot be used"),
        ("accounts.link", "are both yours already"),
        ("claims.take", "cannot be used"),
    ],
)
async def test_an_account_that_was_linked_meanwhile_is_not_linked(
    door: Door, monkeypatch: pytest.MonkeyPatch, fails: str, told: str
) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    code = await linking_code(door, "nora")
    assert told in await _refused(door, monkeypatch, fails, DESK, f"/homeroom account link {code}")


Act = Callable[[UnitOfWork, Actor, School, str], object]
ACTS: Mapping[str, Act] = {
    "suspend": partial(lifecycle.change, verb=Verb.SUSPEND),
    "remove": lifecycle.remove,
    "edit": partial(people.edit, changes={"first_name": "Nia"}),
    "make primary": grants.make_primary,
    "send a link": partial(passwords.send_link, ways=SignInWays(passwords=True, mails=True)),
    "export": exports.of_member,
}


@fake
@pytest.mark.parametrize("act", ACTS)
async def test_whoever_was_removed_before_it_is_done_is_no_member(door: Door, act: str) -> None:
    await maple(door, invite=None)
    school = await door.school()
    stored = await door.known()

    def unit(uow: UnitOfWork) -> None:
        ada = Actor(ADA, uow.people.by_account(ADA.account))
        ACTS[act](uow, ada, school, new_id(uow.now))

    with pytest.raises(NotFound):
        await door.database.run(unit)
    assert await door.known() == stored


@fake
async def test_an_account_that_was_unlinked_meanwhile_is_not_known(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    await door.says(DESK, f"/homeroom account link {await linking_code(door, 'nora')}")
    told = await _refused(door, monkeypatch, "accounts.unlink", "nora", "/account unlink slack")
    assert "I cannot find that account" in told


WAITING = ("request reject", "request approve")


async def _others_were_faster(door: Door, monkeypatch: pytest.MonkeyPatch, where: str, what: str) -> None:
    """Make a conditional update find that its condition no longer holds."""

    def break_off(uow: UnitOfWork) -> None:
        monkeypatch.setattr(type(getattr(uow, where)), what, lambda *_, **__: False)

    await door.database.read(break_off)


@pytest.mark.parametrize(
    ("before", "where", "what", "line", "told"),
    [
        ([], "members", "change", "/member suspend omar", "How it stands: neither suspended nor deactivated"),
        (
            ["/role create name:Clerk permissions:member.read"],
            "roles",
            "save",
            "/role edit role:Clerk name:Office",
            "The name Office is already taken here",
        ),
        (
            ["/message save name:Hello subject:Hi text:There"],
            "templates",
            "save",
            "/message edit template:Hello text:New",
            "is taken",
        ),
        (
            ["/message save name:Hello subject:Hi text:There"],
            "templates",
            "drop",
            "/message delete template:Hello",
            "I cannot find that template",
        ),
    ],
)
async def test_what_was_changed_meanwhile_is_not_changed(
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
    before: list[str],
    where: str,
    what: str,
    line: str,
    told: str,
) -> None:
    await maple(door, invite=None)
    for one in before:
        assert not (await door.says(ADA, one)).refused
    stored = await door.known()
    await _others_were_faster(door, monkeypatch, where, what)
    reply = await door.says(ADA, line)
    assert reply.refused
    assert told in heard(reply)
    assert await door.known() == stored


@pytest.mark.parametrize("command", WAITING)
async def test_a_membership_that_waits_no_more_is_not_decided(
    door: Door, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    await maple(door, 'approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    (request,) = await door.requests()
    stored = await door.known()
    await _others_were_faster(door, monkeypatch, "members", "change_standing")
    assert "That request is no longer waiting." in heard(
        await door.clicks("omar", command, request=request.id)
    )
    assert await door.known() == stored


async def test_an_invitation_that_was_answered_meanwhile_is_not_declined(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite person name:Nia")
    (made, *_) = await door.invitations()
    stored = await door.known()
    await _others_were_faster(door, monkeypatch, "addressed", "decline")
    told = heard(await door.clicks("nia", "invite decline", invitation=link(made)))
    assert told.startswith("Your invitation is")
    assert await door.known() == stored
