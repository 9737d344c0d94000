"""A school with a join request, in memory."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.core.notices.notices import Audience
from bot.core.people.members import Standing
from bot.core.requests import clock as request_clock
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.rights.actors import Actor
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.place import Place, discord
from tests.fakes.door import FakeJoinRequests
from tests.storage import build

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEXT = timedelta(hours=24)


@dataclass
class Desk(Place):
    """A school where Nia has asked to join, and Ada and Omar are approvers."""

    omar: Actor = field(init=False)
    asked: JoinRequest = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.omar = self.member("omar", SCHOOL_ADMIN.name)
        nia = self.person("nia")
        self.add_membership(nia, Standing.PENDING)
        now = self.clock.now()
        self.asked = build.join_request(
            self.uow, self.school, nia, account=discord("nia"), submitted_at=now, due_at=now + NEXT
        )
        self.clear_outbox_and_log()

    @property
    def now(self) -> JoinRequest:
        return self.state.join_requests[self.asked.id]

    def becomes(self, **changes: object) -> JoinRequest:
        """Change fields of the request; return it."""
        self.state.join_requests[self.asked.id] = replace(self.now, **changes)  # type: ignore[arg-type]
        return self.now

    def others_were_faster(self, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
        """Make a conditional update fail because somebody else has decided the request in the meantime."""

        def late(_known: FakeJoinRequests, *_: object, **__: object) -> bool:
            self.becomes(state=RequestState.APPROVED)
            return False

        monkeypatch.setattr(FakeJoinRequests, what, late)

    def clock_ticks(self) -> int:
        return request_clock.sweep(self.uow, ItemTracker())

    def cards(self) -> list[tuple[Audience, str]]:
        return sorted((one.audience, str(one.to)) for one in self.waiting())
