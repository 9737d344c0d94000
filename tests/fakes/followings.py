"""A fake of the stored roles, groups and channels that follow a school's roles."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.actors import AccountKey, WorkspaceKey
from bot.core.following_ports import FOLLOWED, Difference, Followed, Mark, Position
from tests.fakes.records import FakeAudit
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeFollowings:
    state: State

    def add(self, followed: Followed) -> bool:
        if self.at(followed.workspace, followed.external_id) is not None:
            return False
        self.state.followed[followed.id] = followed
        self.state.follow_nudges[followed.id] = 1
        return True

    def save(self, followed: Followed) -> None:
        if followed.id in self.state.followed:
            self.state.followed[followed.id] = followed

    def delete(self, followed_id: str) -> None:
        self.state.followed.pop(followed_id, None)
        self.state.follow_nudges.pop(followed_id, None)
        self.state.follow_seen.pop(followed_id, None)
        for pair in [one for one in self.state.followings if one[0] == followed_id]:
            self.state.followings.remove(pair)
        for mark in self._marks(followed_id):
            del self.state.follow_marks[mark.id]
        self.set_differences(followed_id, [])

    def by_id(self, followed_id: str) -> Followed | None:
        return self.state.followed.get(followed_id)

    def at(self, workspace: WorkspaceKey, external_id: str) -> Followed | None:
        here = (workspace, external_id)
        return next(
            (one for one in self.state.followed.values() if (one.workspace, one.external_id) == here), None
        )

    def of_school(self, school_id: str) -> Sequence[Followed]:
        own = [one for one in self.state.followed.values() if one.school_id == school_id]
        return sorted(own, key=lambda one: (one.name.casefold(), one.id))

    def lock(self, followed_id: str) -> None:
        """Do nothing: units of the fake database never run at the same time."""

    def follow(self, followed_id: str, role: str) -> bool:
        if (followed_id, role) in self.state.followings:
            return False
        self.state.followings.add((followed_id, role))
        return True

    def unfollow(self, followed_id: str, role: str) -> bool:
        if (followed_id, role) not in self.state.followings:
            return False
        self.state.followings.remove((followed_id, role))
        return True

    def roles(self, followed_id: str) -> Sequence[str]:
        return sorted(role for of, role in self.state.followings if of == followed_id)

    def stale(self, now: datetime, limit: int) -> Sequence[str]:
        found = []
        for one in sorted(self.state.followed.keys() - self.state.put_off(FOLLOWED, now)):
            at, seen = self.position(one), self.state.follow_seen.get(one, (0, 0))
            if at.number > seen[0] or at.nudges > seen[1]:
                found.append(one)
        return found[:limit]

    def position(self, followed_id: str) -> Position:
        school_id = self.state.followed[followed_id].school_id
        number, _ = FakeAudit(self.state).head(school_id)
        return Position(number, self.state.follow_nudges[followed_id])

    def compared(self, followed_id: str, position: Position) -> None:
        self.state.follow_seen[followed_id] = (position.number, position.nudges)

    def nudge(self, followed_id: str) -> None:
        if followed_id in self.state.follow_nudges:
            self.state.follow_nudges[followed_id] += 1

    def nudge_those_of(self, person_id: str) -> None:
        schools = {one.school_id for one in self.state.memberships.values() if one.person_id == person_id}
        for one in self.state.followed.values():
            if one.school_id in schools:
                self.nudge(one.id)

    def _marks(self, followed_id: str) -> list[Mark]:
        return [one for one in self.state.follow_marks.values() if one.followed_id == followed_id]

    def to_look(self, now: datetime, limit: int) -> Sequence[str]:
        off = self.state.put_off(FOLLOWED, now)
        due = sorted((one.look_at, one.id) for one in self.state.followed.values() if one.look_at <= now)
        return [followed_id for _, followed_id in due if followed_id not in off][:limit]

    def differences(self, followed_id: str) -> Sequence[Difference]:
        own = [one for one in self.state.follow_differences.values() if one.followed_id == followed_id]
        return sorted(own, key=lambda one: one.subject)

    def set_differences(self, followed_id: str, found: Sequence[Difference]) -> None:
        for key in [one for one in self.state.follow_differences if one[0] == followed_id]:
            del self.state.follow_differences[key]
        self.state.follow_differences |= {(one.followed_id, one.subject): one for one in found}

    def forget(self, accounts: Collection[AccountKey]) -> None:
        for key, one in list(self.state.follow_differences.items()):
            if self.state.followed[one.followed_id].account(one.subject) in accounts:
                del self.state.follow_differences[key]
