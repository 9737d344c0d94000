"""The main job against a tiny model of it: whatever people do, in whatever order."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.core.invitations import InvitationState
from tests.core.door import Door, door_of, heard, maple, open_door
from tests.world import open_world, sqlite_url

T = TypeVar("T")
PEOPLE = ("nora", "theo", "zoe", "bo")
_people = st.sampled_from(PEOPLE)
DAYS = 30


@dataclass
class Invited:
    """What the model knows of an invitation."""

    id: str
    code: str
    allowed: int | None
    expires_at: datetime | None
    taken: int = 0
    revoked: bool = False

    def state(self, now: datetime) -> InvitationState:
        if self.revoked:
            return InvitationState.REVOKED
        if self.expires_at is not None and now >= self.expires_at:
            return InvitationState.EXPIRED
        if self.allowed is not None and self.taken >= self.allowed:
            return InvitationState.EXHAUSTED
        return InvitationState.OPEN


class FrontDoor(RuleBasedStateMachine):
    """People, one school, its invitations and its requests."""

    invitations = Bundle("invitations")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.standing: dict[str, str] = {}
        self.turned_away: dict[str, datetime] = {}
        self.made: list[Invited] = []
        self.automatic = True
        self.entries = 0

    def do(self, job: Awaitable[T]) -> T:
        return self.loop.run_until_complete(job)

    async def open(self) -> Door:
        return open_door()

    @initialize()
    def start(self) -> None:
        self.door = self.do(self.open())
        self.do(maple(self.door, "access:public", invite=None))
        self.entries = len(self.do(self.door.audited()))

    def says(self, who: str, line: str) -> str:
        return heard(self.do(self.door.says(who, line)))

    def changed(self) -> None:
        self.entries += 1

    def enter(self, who: str) -> None:
        self.standing[who] = "active" if self.automatic else "pending"
        self.changed()

    @rule(target=invitations, uses=st.sampled_from([None, 1, 2]), hours=st.sampled_from([None, 1, 48]))
    def create(self, uses: int | None, hours: int | None) -> Invited:
        said = self.says(
            "ada",
            "/invite create" + (f" uses:{uses}" if uses else "") + (f" expires:{hours}h" if hours else ""),
        )
        assert "Invitation to Maple Grove" in said
        newest = self.do(self.door.invitations())[0]
        invited = Invited(newest.id, newest.code, uses, newest.expires_at)
        self.made.append(invited)
        self.changed()
        return invited

    @rule(who=_people, invited=invitations)
    def redeem(self, who: str, invited: Invited) -> None:
        said = self.says(who, f"/join {invited.code}")
        standing = self.standing.get(who)
        if standing is not None:
            words = {"active": "already", "pending": "has been waiting", "rejected": "turned down"}
            assert words[standing] in said
        elif invited.state(self.door.clock.now()) is not InvitationState.OPEN:
            assert "That invitation cannot be used." in said
        else:
            invited.taken += 1
            self.enter(who)
            assert ("Welcome" if self.automatic else "is waiting") in said

    @rule(who=_people)
    def ask(self, who: str) -> None:
        said = self.says(who, '/join school:"Maple Grove"')
        standing, turned_away = self.standing.get(who), self.turned_away.get(who)
        if standing is None:
            self.enter(who)
        elif standing != "rejected":
            assert {"active": "already", "pending": "has been waiting"}[standing] in said
        elif turned_away is not None and self.door.clock.now() < turned_away + timedelta(days=DAYS):
            assert "you can ask again" in said
        else:
            self.standing[who] = "pending"
            self.changed()

    def decide(self, who: str, actor: str, command: str, standing: str | None) -> None:
        request = next(
            (one for one in self.do(self.door.requests(None))[::-1] if one.account.subject == who), None
        )
        if request is None:
            return
        said = heard(self.do(self.door.clicks(actor, command, request=request.id)))
        if self.standing.get(who) != "pending":
            assert "not waiting any more" in said
            return
        self.changed()
        if standing == "rejected":
            self.turned_away[who] = self.door.clock.now()
        if standing is None:
            self.standing.pop(who)
        else:
            self.standing[who] = standing

    @rule(who=_people, actor=st.sampled_from(["ada", "omar"]))
    def approve(self, who: str, actor: str) -> None:
        self.decide(who, actor, "request approve", "active")

    @rule(who=_people, actor=st.sampled_from(["ada", "omar"]))
    def reject(self, who: str, actor: str) -> None:
        self.decide(who, actor, "request reject", "rejected")

    @rule(who=_people)
    def withdraw(self, who: str) -> None:
        self.decide(who, who, "request withdraw", "rejected" if who in self.turned_away else None)

    @rule(invited=invitations)
    def revoke(self, invited: Invited) -> None:
        said = self.says("omar", f"/invite revoke {invited.code}")
        assert ("revoked before" in said) is invited.revoked
        if not invited.revoked:
            invited.revoked = True
            self.changed()

    @rule(automatic=st.booleans())
    def change_approval(self, *, automatic: bool) -> None:
        wanted = "automatic" if automatic else "by request"
        self.says("ada", f'/school edit approval:"{wanted}"')
        if automatic is not self.automatic:
            self.automatic = automatic
            self.changed()

    @rule(span=st.sampled_from([timedelta(minutes=59), timedelta(days=2), timedelta(days=DAYS)]))
    def time_passes(self, span: timedelta) -> None:
        self.door.clock.forward(span)

    @rule(
        who=_people,
        line=st.sampled_from(["/invite create", "/invite list", "/request list", "/school share"]),
    )
    def try_what_is_not_theirs(self, who: str, line: str) -> None:
        assert "You may not" in self.says(who, line)

    @invariant()
    def stored_is_what_the_model_says(self) -> None:
        if not hasattr(self, "door"):
            return
        now = self.door.clock.now()
        members = self.do(self.door.members())
        assert members == {"Ada": "active", "Omar": "active"} | {
            who.capitalize(): standing for who, standing in self.standing.items()
        }
        stored = {one.id: one for one in self.do(self.door.invitations())}
        for invited in self.made:
            found = stored[invited.id]
            assert found.uses_taken == invited.taken
            assert found.uses_allowed is None or found.uses_taken <= found.uses_allowed
            assert found.state(now) is invited.state(now)
        waiting = {request.account.subject for request in self.do(self.door.requests())}
        assert waiting == {who for who, standing in self.standing.items() if standing == "pending"}
        assert len(self.do(self.door.audited())) == self.entries

    def teardown(self) -> None:
        self.loop.close()


class FrontDoorOnSqlite(FrontDoor):
    """The same on a real database."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = AsyncExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="homeroom-machine-"))

    async def open(self) -> Door:
        return door_of(await self.stack.enter_async_context(open_world(sqlite_url(self.folder))))

    def teardown(self) -> None:
        self.do(self.stack.aclose())
        shutil.rmtree(self.folder)
        super().teardown()


@pytest.mark.parametrize(("machine", "examples", "steps"), [(FrontDoor, 80, 40), (FrontDoorOnSqlite, 8, 30)])
def test_whatever_people_do(machine: Any, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
