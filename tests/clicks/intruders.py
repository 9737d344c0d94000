"""People who must not click, each added to a copy of what was stored when the button was drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.chat.actions import UnreadableAction, unpack
from bot.chat.replies import Reply
from bot.chat.runner import Runner
from bot.core.ids import new_id
from bot.core.invitations.guessing import Limits
from bot.core.people.members import Access, Membership, Standing
from bot.core.rights.actors import AccountKey, Caller, Person, Platform, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN, VIEWER
from bot.core.schools.schools import School, Workspace
from bot.core.values import replace
from tests.clicks.paper import Drawn
from tests.core.door import MOMENT
from tests.fakes.database import FakeDatabase
from tests.fakes.state import State
from tests.world import FakeClock, caller

ELSEWHERE = WorkspaceKey(Platform.WEB, "elsewhere")
# A count of wrong guesses is not an effect of a click, but a protection.
NO_EFFECT = {"misses"}


@dataclass
class Fork:
    """A copy of a stored state, and a new Runner on it."""

    runner: Runner
    database: FakeDatabase

    @classmethod
    def of(cls, runner: Runner, drawn: Drawn, limits: Limits) -> "Fork":
        """Make a new Runner on a copy of the state in which a control was drawn, a moment later."""
        database = FakeDatabase(FakeClock(drawn.at + MOMENT), runner.system_administrators)
        database.state = drawn.state.copied()
        return cls(replace(runner, database=database, limits=limits), database)

    def kept(self) -> dict[str, Any]:
        """Return all that is stored, including audit entries and outbox, but without counts of guesses."""
        return {name: table for name, table in self.database.state.copied().tables() if name not in NO_EFFECT}

    async def press(self, drawn: Drawn, who: Caller, packed: str | None = None) -> Reply | None:
        """Click as every front does; return None if the front itself cannot read the action."""
        try:
            action = unpack(drawn.packed if packed is None else packed)
        except UnreadableAction:
            return None
        if action.ask and drawn.kind in {"button", "select"}:
            return await self.runner.form(action.filled(**drawn.values), who)
        return await self.runner.run(action.command, who, {**action.values, **drawn.values}, clicked=True)


def rightful(name: str, *, administers: bool = False) -> Caller:
    """Return the caller who is a person of the stories."""
    return replace(caller(name.casefold(), administers=administers or name == "Admin"), name=name)


def person_of(state: State, who: Caller) -> str:
    """Return the id of the person behind a caller, or an empty text if the account is unknown."""
    return state.accounts.get(who.account, "")


def stranger(_: Fork, __: Caller) -> Caller:
    """Return a caller whose account is unknown."""
    return caller("intruder")


def viewer(fork: Fork, _: Caller) -> Caller:
    """Add a plain member of every school."""
    return _somebody(fork, "onlooker", list(fork.database.state.schools), VIEWER.name)


def foreigner(fork: Fork, _: Caller) -> Caller:
    """Add the Primary Admin of a school in another workspace."""
    state, now = fork.database.state, fork.database.clock.now()
    state.workspaces[ELSEWHERE] = Workspace(new_id(now), ELSEWHERE, "Elsewhere", now)
    school = School(new_id(now), "Elsewhere", now)
    state.schools[school.id] = school
    state.links[school.id, ELSEWHERE] = None
    made = _somebody(fork, "foreigner", [school.id], SCHOOL_ADMIN.name)
    state.schools[school.id] = replace(school, primary_admin_id=person_of(state, made))
    return replace(made, workspace=ELSEWHERE, administers_workspace=True)


def _unnamed(fork: Fork) -> None:
    """Remove all System Administrators who are named in the operator's settings."""
    fork.runner = replace(fork.runner, system_administrators=frozenset())
    fork.database.named_administrators = frozenset()


def demoted(fork: Fork, who: Caller) -> Caller:
    """Take all roles and other powers away from the rightful clicker."""
    _unnamed(fork)
    state = fork.database.state
    person = person_of(state, who)
    state.assignments = {one for one in state.assignments if one.person != person}
    for school in [one for one in state.schools.values() if one.primary_admin_id == person]:
        state.schools[school.id] = replace(school, primary_admin_id=None)
    return replace(who, administers_workspace=False)


def suspended(fork: Fork, who: Caller) -> Caller:
    """Suspend the rightful clicker in every school, and leave them only their roles there."""
    _unnamed(fork)
    state = fork.database.state
    person = person_of(state, who)
    for one in [one for one in state.memberships.values() if one.person_id == person]:
        state.memberships[one.id] = replace(one, access=Access.SUSPENDED)
    state.assignments = {
        one for one in state.assignments if one.person != person or one.scope in state.schools
    }
    return replace(who, administers_workspace=False)


def applicant(fork: Fork, drawn: Drawn) -> Caller | None:
    """Make the applicant of the request that is to be decided a System Administrator; None without one."""
    command = fork.runner.registry[drawn.path]
    request = fork.database.state.join_requests.get(str(_said(drawn).get("request")))
    if request is None or command.needs is not Permission.REQUEST_DECIDE:
        return None
    named_administrators = frozenset({str(request.account)})
    fork.runner = replace(fork.runner, system_administrators=named_administrators)
    fork.database.named_administrators = named_administrators
    return caller(request.account.subject)


def _said(drawn: Drawn) -> Mapping[str, Any]:
    return {**unpack(drawn.packed).values, **drawn.values}


def second_admin(fork: Fork, _: Caller) -> Caller:
    """Add another admin of every school."""
    return _somebody(
        fork, "deputy", [one.id for one in fork.database.state.schools.values()], SCHOOL_ADMIN.name
    )


def _somebody(fork: Fork, name: str, schools: list[str], role: str) -> Caller:
    state, now = fork.database.state, fork.database.clock.now()
    made = Person(new_id(now), name.capitalize())
    state.persons[made.id] = made
    state.accounts[AccountKey("web", name)] = made.id
    for school in schools:
        member = Membership(new_id(now), school, made.id, Standing.ACTIVE, now, joined_at=now)
        state.memberships[member.id] = member
        state.assign(made.id, school, role, by=None, at=now)
    return caller(name)


INTRUDERS: dict[str, Callable[[Fork, Caller], Caller]] = {
    "wrong user": stranger,
    "plain member": viewer,
    "foreign workspace": foreigner,
    "demoted": demoted,
    "suspended": suspended,
}
