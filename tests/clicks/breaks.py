"""Checks of the bot that are broken on purpose, to prove that the matrices of clicks would notice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from bot.cards.refusals.refusals import Words
from bot.chat import handling, rights, values
from bot.chat.actions import Action, unpack
from bot.chat.replies import Reply
from bot.commands import REGISTRY
from bot.core.joining_errors import OwnRequest
from bot.core.people import members
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests import join_requests
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SCHOOL_ADMIN, Rights
from bot.core.schools import which_school
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.clicks import intruders
from tests.fakes.door import FakeJoinRequests

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Breaking:
    """A check to break, and the matrices that must each notice it."""

    do: Callable[[Patch], None]
    seen_by: Sequence[str]


def skip_rights_checks(patch: Patch) -> None:
    """Leave out every check of rights, at the command and below it."""
    patch.setattr(rights, "require", lambda *_: None)
    patch.setattr(access, "require", lambda *_: None)
    patch.setattr(access, "grantable_role", lambda *asked, **_: access.school_role(*asked))


def check_rights_at_own_school(patch: Patch) -> None:
    """Find whatever an id names, but check rights in the clicker's own school."""
    real = access.rights_of

    def at_home(uow: UnitOfWork, actor: Actor, school: School | None) -> Rights:
        return real(uow, actor, next(iter(which_school.nearby(uow, actor)), school))

    patch.setattr(access, "rights_of", at_home)
    patch.setattr(which_school, "known", lambda uow, _, school_id, __: uow.schools.by_id(school_id))


def cache_rights(patch: Patch) -> None:
    """Give everyone who is a known person the rights of a School Admin, as if these had been cached."""
    patch.setattr(access, "rights_of", lambda _, actor, __: _once(actor))


def _once(actor: Actor) -> Rights:
    return Rights.of([SCHOOL_ADMIN.name]) if actor.person else Rights()


def count_suspended_as_active(patch: Patch) -> None:
    """Count members as active whatever their access and visibility."""
    patch.setattr(Membership, "active", property(lambda one: one.standing is Standing.ACTIVE))


def decide_twice(patch: Patch) -> None:
    """Decide requests even if they have been decided before."""

    def decide(repository: FakeJoinRequests, request: join_requests.JoinRequest) -> bool:
        repository.state.join_requests[request.id] = request
        return True

    patch.setattr(FakeJoinRequests, "decide", decide)
    patch.setattr(join_requests, "refuse_undecidable", lambda *_: None)
    patch.setattr(members, "let_in", lambda *_: True)
    patch.setattr(members, "turn_away", lambda *_: True)


def let_applicants_decide(patch: Patch) -> None:
    """Let applicants decide their own requests."""
    real = join_requests.refuse_undecidable

    def refuse(actor: Actor, request: join_requests.JoinRequest) -> None:
        try:
            real(actor, request)
        except OwnRequest:
            return

    patch.setattr(join_requests, "refuse_undecidable", refuse)


def let_anyone_withdraw(patch: Patch) -> None:
    """Let anyone withdraw any request."""
    real = join_requests.withdraw

    def withdraw(uow: UnitOfWork, actor: Actor, request: join_requests.JoinRequest) -> Any:
        return real(uow, replace(actor, person=uow.people.by_id(request.person_id)), request)

    patch.setattr(join_requests, "withdraw", withdraw)
    patch.setattr(join_requests, "find", lambda uow, _, wanted: (uow.join_requests.by_id(wanted), None))


def find_by_id_prefix(patch: Patch) -> None:
    """Find a request by the first 20 characters of its id."""

    def by_id(repository: FakeJoinRequests, request_id: str) -> Any:
        known = repository.state.join_requests
        return next((one for name, one in known.items() if name[:20] == request_id[:20]), None)

    patch.setattr(FakeJoinRequests, "by_id", by_id)


def ignore_unknown_values(patch: Patch) -> None:
    """Ignore values of a click that the command does not know."""
    real = values.read_all

    def read(ctx: Any, command: Any) -> dict[str, Any]:
        ctx.values = {name: value for name, value in ctx.values.items() if command.option(name)}
        return real(ctx, command)

    patch.setattr(handling, "read_all", read)


def _reading(change: Callable[[str], str], after: Callable[[Action], Action] = lambda one: one) -> Any:
    def do(patch: Patch) -> None:
        patch.setattr(intruders, "unpack", lambda packed: after(unpack(change(packed))))

    return do


def _in_any_case(action: Action) -> Action:
    return replace(action, command=action.command.casefold())


def _with_other_options(action: Action) -> Action:
    command = REGISTRY.get(action.command)
    first = command.options[0].name if command and command.options else ""
    return replace(
        action, values={(first if name == "id" else name): one for name, one in action.values.items()}
    )


def refuse_silently(patch: Patch) -> None:
    """Refuse with an empty reply."""
    patch.setattr(Words, "refused", lambda *_: Reply())


_INSIDE = ("wrong user", "plain member", "demoted", "suspended")
_OLD = ("older formats",)
BREAKS = {
    "rights checks are skipped": Breaking(skip_rights_checks, _INSIDE),
    "rights are checked at the clicker's own school": Breaking(
        check_rights_at_own_school, ["foreign workspace"]
    ),
    "rights are cached": Breaking(cache_rights, ["plain member", "demoted", "suspended"]),
    "suspended members count as active": Breaking(count_suspended_as_active, ["suspended"]),
    "requests are decided twice": Breaking(decide_twice, ["decided already, after a restart, another admin"]),
    "applicants decide their own requests": Breaking(let_applicants_decide, ["the applicant"]),
    "anyone withdraws requests": Breaking(let_anyone_withdraw, ["wrong user", "plain member"]),
    "ids are matched by their beginning": Breaking(find_by_id_prefix, ["bits flipped"]),
    "unknown values are ignored": Breaking(ignore_unknown_values, ["bits flipped", *_OLD]),
    "commands in any case": Breaking(_reading(str, _in_any_case), ["bits flipped"]),
    "verbs in any case": Breaking(_reading(lambda packed: f"{packed[:3].lower()}{packed[3:]}"), _OLD),
    "verbs of another version": Breaking(_reading(lambda packed: packed.replace("do:", "run:", 1)), _OLD),
    "actions without a verb": Breaking(
        _reading(lambda packed: packed if ":" in packed else f"run:{packed}"), _OLD
    ),
    "commands as paths": Breaking(
        _reading(str, lambda one: replace(one, command=one.command.replace("/", " "))), _OLD
    ),
    "options have other names": Breaking(_reading(str, _with_other_options), _OLD),
    "refusals have no words": Breaking(refuse_silently, ["wrong user", "decided already, after a restart"]),
}
