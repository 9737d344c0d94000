"""Every refusal has its words: one clear sentence, then the next step."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from bot.cards.refusals.refusals import Words
from bot.cards.refusals.words import LISTS, USES, WORDS
from bot.chat.context import Context, Links
from bot.chat.replies import Reply
from bot.commands import REGISTRY
from bot.core import errors
from bot.core.files import FileTrouble
from bot.core.following.ports import Problem
from bot.core.invitations.invitations import Invitation
from bot.core.joining_errors import InvitationDead, MembershipBarred
from bot.core.people.members import Access, Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import Actor, Platform
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import RoleUse
from bot.core.schools.schools import School
from bot.core.values import field_names
from tests.core.door import heard, open_door
from tests.storage import build
from tests.world import START, caller

_NAMES = {one.__name__: one for one in (Invitation, JoinRequest, Membership, School, Permission, Problem)}
HOSTILE = "**x** `y` {name} <@U1> @everyone"


def _all(kind: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
    for one in kind.__subclasses__():
        yield one
        yield from _all(one)


REFUSALS = sorted({*_all(errors.Refusal)} - {errors.Miss}, key=lambda one: one.__name__)


def _value(uow: UnitOfWork, hint: Any) -> Any:
    """Return a value of a type, as hostile as the type allows."""
    if get_origin(hint) in {Union, UnionType}:
        return _value(uow, next(one for one in get_args(hint) if one is not type(None)))
    if get_origin(hint) is Literal:
        return get_args(hint)[0]
    if get_origin(hint) is tuple:
        return (_value(uow, get_args(hint)[0]),) * 2
    made: dict[Any, Callable[[], Any]] = {
        JoinRequest: lambda: build.join_request(
            uow, build.school(uow), build.person(uow, HOSTILE), state=RequestState.WITHDRAWN
        ),
        Membership: lambda: Membership(build.fresh_id(), "s", "p", Standing.REJECTED, START),
        School: lambda: build.school(uow, HOSTILE),
        Invitation: lambda: build.invitation(uow, build.school(uow), build.person(uow)),
        Permission: lambda: Permission.INVITATION_CREATE,
        Problem: lambda: Problem.ABOVE_US,
        errors.Quota: lambda: errors.Quota.MAILS,
        RoleUse: lambda: RoleUse.FOLLOWED,
        errors.Refusal: lambda: _example(uow, MembershipBarred),
        datetime: lambda: START,
        FileTrouble: lambda: FileTrouble.QUOTES,
        str: lambda: HOSTILE,
        int: lambda: 5,
        bool: lambda: True,
    }
    return made[hint]()


def _example(uow: UnitOfWork, kind: type[errors.Refusal]) -> errors.Refusal:
    hints = get_type_hints(kind, localns=_NAMES)
    return kind(*(_value(uow, hints[name]) for name in field_names(kind)))


def test_what_is_looked_for_is_listed_by_a_command() -> None:
    assert [path for path in LISTS.values() if REGISTRY.get(path) is None] == []


def test_every_use_of_a_role_has_words() -> None:
    assert set(USES) == set(RoleUse)


def test_every_refusal_has_words() -> None:
    assert set(REFUSALS) == set(WORDS)


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
async def test_a_refusal_says_a_sentence_without_holes(kind: type[errors.Refusal]) -> None:
    door = open_door()

    def unit(uow: UnitOfWork) -> str:
        actor = Actor(caller("nora"), None)
        ctx = Context(uow, actor, None, REGISTRY, Links(slashes={Platform.WEB: "/homeroom "}))
        return heard(Words().refused(ctx, _example(uow, kind)))

    said = await door.database.run(unit)
    sentence = said.split("\n")[0]
    assert sentence.rstrip('"”').endswith((".", "?")) or sentence.endswith(HOSTILE)
    assert not re.search(r"\{(?!name\})\w+\}", said), said
    assert "None" not in said
    assert "object at" not in said


@pytest.mark.parametrize(
    ("locked_at", "next_step"),
    [
        (None, "Make the same one again with /invite reissue."),
        (START, "Open it again with /invite unlock."),
    ],
)
async def test_what_helps_with_a_dead_invitation_depends_on_why_it_is(
    locked_at: datetime | None, next_step: str
) -> None:
    def refusal(uow: UnitOfWork) -> errors.Refusal:
        of, by = build.school(uow), build.person(uow)
        return InvitationDead(build.invitation(uow, of, by, locked_at=locked_at, expires_at=START))

    assert await _said(refusal) == next_step


@pytest.mark.parametrize("leaving", [True, False])
async def test_barred_members_read_that_their_data_cannot_be_erased_when_they_try_to(
    *, leaving: bool
) -> None:
    def refusal(uow: UnitOfWork) -> errors.Refusal:
        barred = Membership(build.fresh_id(), "s", "p", Standing.ACTIVE, START, access=Access.SUSPENDED)
        return MembershipBarred(barred, build.school(uow, "Maple"), leaving)

    said = await _said(refusal)
    assert ("have your data erased" in said) is leaving


async def _said(refusal: Callable[[UnitOfWork], errors.Refusal]) -> str:
    """Return the words of a refusal after its first sentence."""
    door = open_door()

    def unit(uow: UnitOfWork) -> str:
        actor = Actor(caller("nora"), None)
        ctx = Context(uow, actor, None, REGISTRY, Links(slashes={Platform.WEB: "/"}))
        return heard(Words().refused(ctx, refusal(uow)))

    return (await door.database.run(unit)).partition("\n")[2].partition("\n")[0]


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_no_word_of_a_refusal_is_empty_or_raw(kind: type[errors.Refusal]) -> None:
    words = WORDS[kind]
    assert words.sentence
    assert not re.search(r"\bNone\b|<|>", words.sentence + words.then)


def test_what_broke_is_said_with_its_reference() -> None:
    assert "abc123" in heard(Reply(Words().failed("abc123")))
