"""What follows roles on a platform, in memory."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.actors import AccountKey, Platform, WorkspaceKey
from bot.core.following_ports import EVERYONE, Difference, Followed, Mark, MarkState, Position
from tests.fakes.records import FakeAudit
from tests.fakes.state import Assignment, State


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
        """Need nothing: units of the fake run one after the other."""

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

    def stale(self, limit: int) -> Sequence[str]:
        found = []
        for one in sorted(self.state.followed):
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

    def _shall_have(self, followed: Followed) -> set[str]:
        if self.state.schools[followed.school_id].archived:
            return set()
        roles = self.roles(followed.id)
        given = self.state.assignments
        people = {
            one.person_id
            for one in self.state.memberships.values()
            if one.school_id == followed.school_id and one.active
        }
        if EVERYONE not in roles:
            people = {
                one
                for one in people
                if any(Assignment(one, followed.school_id, role) in given for role in roles)
            }
        slack = followed.workspace.platform is Platform.SLACK
        prefix = f"{followed.workspace.external_id}/" if slack else ""
        return {
            key.subject
            for key, owner in self.state.accounts.items()
            if owner in people
            and key.issuer == followed.workspace.platform.value
            and key.subject.startswith(prefix)
        }

    def unlike(self, followed: Followed, limit: int) -> Sequence[tuple[str, bool]]:
        shall = self._shall_have(followed)
        marks = self._marks(followed.id)
        asked = {one.subject for one in marks if one.wanted}
        parked = {one.subject for one in marks if one.state is MarkState.PARKED}
        again = parked if followed.problem is None else set()
        return [(one, one in shall) for one in sorted((shall ^ asked) | again)][:limit]

    def _marks(self, followed_id: str) -> list[Mark]:
        return [one for one in self.state.follow_marks.values() if one.followed_id == followed_id]

    def mark(self, mark_id: str) -> Mark | None:
        return self.state.follow_marks.get(mark_id)

    def mark_of(self, followed_id: str, subject: str) -> Mark | None:
        return next((one for one in self._marks(followed_id) if one.subject == subject), None)

    def put(self, mark: Mark) -> None:
        self.state.follow_marks[mark.id] = mark

    def marks(self, followed_id: str, *, states: Collection[MarkState], limit: int) -> Sequence[Mark]:
        found = [one for one in self._marks(followed_id) if one.state in states]
        return sorted(found, key=lambda one: (one.at, one.id))[:limit]

    def marks_in(self, workspace: WorkspaceKey, subject: str) -> Sequence[Mark]:
        things = {one.id for one in self.state.followed.values() if one.workspace == workspace}
        found = [one for one in self.state.follow_marks.values() if one.subject == subject]
        return sorted((one for one in found if one.followed_id in things), key=lambda one: one.id)

    def number(self, followed_id: str) -> dict[tuple[bool, MarkState], int]:
        return dict(Counter((one.wanted, one.state) for one in self._marks(followed_id)))

    def all_marks(self, followed_id: str) -> Sequence[tuple[str, bool, MarkState, datetime]]:
        return sorted((one.subject, one.wanted, one.state, one.at) for one in self._marks(followed_id))

    def taken(self, followed_id: str) -> frozenset[str]:
        own = self._marks(followed_id)
        return frozenset(one.subject for one in own if not one.wanted and one.state is MarkState.DONE)

    def drop_done(self, followed_id: str, before: datetime) -> None:
        for one in self._marks(followed_id):
            if not one.wanted and one.state is MarkState.DONE and one.at < before:
                del self.state.follow_marks[one.id]

    def known(self, platform: Platform, subjects: Collection[str]) -> frozenset[str]:
        there = {key.subject for key in self.state.accounts if key.issuer == platform.value}
        return frozenset(there.intersection(subjects))

    def to_look(self, now: datetime, limit: int) -> Sequence[str]:
        due = sorted((one.look_at, one.id) for one in self.state.followed.values() if one.look_at <= now)
        return [followed_id for _, followed_id in due[:limit]]

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
