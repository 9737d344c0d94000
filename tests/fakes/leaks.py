"""A fake of what is stored about leaks: redemptions by invitation, alarms and locks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.invitations.invitations import Invitation, Redeemer
from bot.core.values import replace
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeLeaks:
    state: State

    def _alive(self, invitation_id: str) -> Invitation | None:
        found = self.state.invitations.get(invitation_id)
        if found is None or found.revoked_at or (found.to and (found.to.cleared_at or found.to.declined_at)):
            return None
        return found

    def lock(self, invitation_id: str, at: datetime) -> bool:
        found = self._alive(invitation_id)
        if found is None or found.locked_at:
            return False
        self.state.invitations[invitation_id] = replace(found, locked_at=at)
        return True

    def unlock(self, invitation_id: str) -> bool:
        found = self._alive(invitation_id)
        if found is None or found.locked_at is None:
            return False
        self.state.invitations[invitation_id] = replace(found, locked_at=None)
        self.state.alarms.pop(invitation_id, None)
        return True

    def alarm(self, invitation_id: str, at: datetime) -> bool:
        return (
            invitation_id in self.state.invitations and self.state.alarms.setdefault(invitation_id, at) is at
        )

    def alarmed_at(self, invitation_id: str) -> datetime | None:
        return self.state.alarms.get(invitation_id)

    def rushed(self, since: datetime, fewest: int) -> Sequence[tuple[str, int]]:
        recent = Counter(
            one.invitation_id for one in self.state.redemptions.values() if one.redeemed_at >= since
        )
        known = self.state.invitations
        return [
            (of, number)
            for of, number in sorted(recent.items())
            if number >= fewest
            and of not in self.state.alarms
            and known[of].locked_at is None
            and known[of].revoked_at is None
        ]

    def count_redemptions(self, invitation_id: str, since: datetime, until: datetime) -> int:
        own = [one for one in self.state.redemptions.values() if one.invitation_id == invitation_id]
        return sum(since <= one.redeemed_at <= until for one in own)

    def mark_posted(self, invitation_id: str, at: datetime) -> None:
        self.state.posted[invitation_id] = at

    def has(self, invitation_id: str, redemption_id: str) -> bool:
        found = self.state.redemptions.get(redemption_id)
        return found is not None and found.invitation_id == invitation_id

    def redeemers(self, invitation_id: str, *, after: str | None, limit: int) -> Sequence[Redeemer]:
        own = [one for one in self.state.redemptions.values() if one.invitation_id == invitation_id]
        own = [one for one in own if after is None or one.id < after]
        own.sort(key=lambda one: one.id, reverse=True)
        people = self.state.persons
        return [Redeemer(one.id, people[one.person_id], one.redeemed_at) for one in own[:limit]]
