"""A fake of the stored roles, groups and channels that follow a school's roles."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.following.ports import FOLLOWER, Difference, Follower, Mark, Position
from bot.core.rights.actors import AccountKey, WorkspaceKey
from tests.fakes.records import FakeAudit
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeFollowings:
    state: State

    def add(self, follower: Follower) -> bool:
        if self.by_external_id(follower.workspace, follower.external_id) is not None:
            return False
        self.state.followers[follower.id] = follower
        self.state.follow_nudges[follower.id] = 1
        return True

    def save(self, follower: Follower) -> None:
        if follower.id in self.state.followers:
            self.state.followers[follower.id] = follower

    def delete(self, follower_id: str) -> None:
        self.state.followers.pop(follower_id, None)
        self.state.follow_nudges.pop(follower_id, None)
        self.state.follow_seen.pop(follower_id, None)
        for pair in [one for one in self.state.followings if one[0] == follower_id]:
            self.state.followings.remove(pair)
        for mark in self._marks(follower_id):
            del self.state.follow_marks[mark.id]
        self.set_differences(follower_id, [])

    def by_id(self, follower_id: str) -> Follower | None:
        return self.state.followers.get(follower_id)

    def by_external_id(self, workspace: WorkspaceKey, external_id: str) -> Follower | None:
        here = (workspace, external_id)
        return next(
            (one for one in self.state.followers.values() if (one.workspace, one.external_id) == here), None
        )

    def of_school(self, school_id: str) -> Sequence[Follower]:
        own = [one for one in self.state.followers.values() if one.school_id == school_id]
        return sorted(own, key=lambda one: (one.name.casefold(), one.id))

    def lock(self, follower_id: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def follow(self, follower_id: str, role: str) -> bool:
        if (follower_id, role) in self.state.followings:
            return False
        self.state.followings.add((follower_id, role))
        return True

    def unfollow(self, follower_id: str, role: str) -> bool:
        if (follower_id, role) not in self.state.followings:
            return False
        self.state.followings.remove((follower_id, role))
        return True

    def roles(self, follower_id: str) -> Sequence[str]:
        return sorted(role for of, role in self.state.followings if of == follower_id)

    def to_compare(self, now: datetime, limit: int) -> Sequence[str]:
        found = []
        for one in sorted(self.state.followers.keys() - self.state.put_off(FOLLOWER, now)):
            at, seen = self.position(one), self.state.follow_seen.get(one, (0, 0))
            if at.number > seen[0] or at.nudges > seen[1]:
                found.append(one)
        return found[:limit]

    def position(self, follower_id: str) -> Position:
        school_id = self.state.followers[follower_id].school_id
        number, _ = FakeAudit(self.state).head(school_id)
        return Position(number, self.state.follow_nudges[follower_id])

    def mark_compared(self, follower_id: str, position: Position) -> None:
        self.state.follow_seen[follower_id] = (position.number, position.nudges)

    def nudge(self, follower_id: str) -> None:
        if follower_id in self.state.follow_nudges:
            self.state.follow_nudges[follower_id] += 1

    def nudge_those_of(self, person_id: str) -> None:
        schools = {one.school_id for one in self.state.memberships.values() if one.person_id == person_id}
        for one in self.state.followers.values():
            if one.school_id in schools:
                self.nudge(one.id)

    def _marks(self, follower_id: str) -> list[Mark]:
        return [one for one in self.state.follow_marks.values() if one.follower_id == follower_id]

    def due_for_look(self, now: datetime, limit: int) -> Sequence[str]:
        off = self.state.put_off(FOLLOWER, now)
        due = sorted((one.look_at, one.id) for one in self.state.followers.values() if one.look_at <= now)
        return [follower_id for _, follower_id in due if follower_id not in off][:limit]

    def differences(self, follower_id: str) -> Sequence[Difference]:
        own = [one for one in self.state.follow_differences.values() if one.follower_id == follower_id]
        return sorted(own, key=lambda one: one.subject)

    def set_differences(self, follower_id: str, found: Sequence[Difference]) -> None:
        for key in [one for one in self.state.follow_differences if one[0] == follower_id]:
            del self.state.follow_differences[key]
        self.state.follow_differences |= {(one.follower_id, one.subject): one for one in found}

    def forget(self, accounts: Collection[AccountKey]) -> None:
        for key, one in list(self.state.follow_differences.items()):
            if self.state.followers[one.follower_id].account(one.subject) in accounts:
                del self.state.follow_differences[key]
