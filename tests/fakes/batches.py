"""A fake of the stored batches of single-use codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.invitations.batches import Batch, Secret
from bot.core.invitations.invitations import Invitation
from bot.core.values import replace
from tests.fakes.door import FakeInvitations
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeBatches:
    state: State

    def seal(self, made: Sequence[Secret]) -> Sequence[Secret]:
        return made

    def add(self, batch: Batch, template: Invitation, made: Sequence[Secret]) -> None:
        self.state.batches[batch.id] = batch
        for one in made:
            FakeInvitations(self.state).add(replace(template, id=one.id, code=one.code, token=one.token))

    def by_id(self, batch_id: str) -> Batch | None:
        return self.state.batches.get(batch_id)

    def listed(self, school_id: str, *, after: str | None, limit: int) -> Sequence[Batch]:
        own = [one for one in self.state.batches.values() if one.school_id == school_id]
        found = [one for one in own if after is None or one.id < after]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def invitations(self, batch_id: str, *, limit: int | None = None) -> Sequence[Invitation]:
        own = [one for one in self.state.invitations.values() if one.batch_id == batch_id]
        return sorted(own, key=lambda one: one.id)[:limit]

    def counts(self, batch_id: str) -> tuple[int, int]:
        own = self.invitations(batch_id)
        used = sum(one.uses_taken > 0 for one in own)
        return used, sum(one.revoked_at is not None and not one.uses_taken for one in own)

    def revoke(self, batch_id: str, *, by: str, at: datetime) -> int:
        unused = [one for one in self.invitations(batch_id) if not one.uses_taken and not one.revoked_at]
        for one in unused:
            self.state.invitations[one.id] = replace(one, revoked_at=at, revoked_by=by)
            self.state.due_if_posted(one.id, at)
        return len(unused)
