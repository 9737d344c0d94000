"""A fake of the stored marks: which accounts are to have each role, group or channel that follows roles."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.following.ports import EVERYONE, Follower, Mark, MarkState
from bot.core.rights.actors import Platform, WorkspaceKey
from tests.fakes.state import Assignment, State


@dataclass(frozen=True)
class FakeFollowMarks:
    state: State

    def _shall_have(self, follower: Follower) -> set[str]:
        if self.state.schools[follower.school_id].archived:
            return set()
        roles = {role for of, role in self.state.followings if of == follower.id}
        given = self.state.assignments
        people = {
            one.person_id
            for one in self.state.memberships.values()
            if one.school_id == follower.school_id and one.active
        }
        if EVERYONE not in roles:
            people = {
                one
                for one in people
                if any(Assignment(one, follower.school_id, role) in given for role in roles)
            }
        slack = follower.workspace.platform is Platform.SLACK
        prefix = f"{follower.workspace.external_id}/" if slack else ""
        return {
            key.subject
            for key, owner in self.state.accounts.items()
            if owner in people
            and key.issuer == follower.workspace.platform.value
            and key.subject.startswith(prefix)
        }

    def outdated(self, follower: Follower, limit: int) -> Sequence[tuple[str, bool]]:
        shall = self._shall_have(follower)
        marks = self._marks(follower.id)
        asked = {one.subject for one in marks if one.wanted}
        parked = {one.subject for one in marks if one.state is MarkState.PARKED}
        again = parked if follower.problem is None else set()
        return [(one, one in shall) for one in sorted((shall ^ asked) | again)][:limit]

    def _marks(self, follower_id: str) -> list[Mark]:
        return [one for one in self.state.follow_marks.values() if one.follower_id == follower_id]

    def by_id(self, mark_id: str) -> Mark | None:
        return self.state.follow_marks.get(mark_id)

    def of(self, follower_id: str, subject: str) -> Mark | None:
        return next((one for one in self._marks(follower_id) if one.subject == subject), None)

    def put(self, mark: Mark) -> None:
        self.state.follow_marks[mark.id] = mark

    def listed(self, follower_id: str, *, states: Collection[MarkState], limit: int) -> Sequence[Mark]:
        found = [one for one in self._marks(follower_id) if one.state in states]
        return sorted(found, key=lambda one: (one.at, one.id))[:limit]

    def of_account(self, workspace: WorkspaceKey, subject: str) -> Sequence[Mark]:
        things = {one.id for one in self.state.followers.values() if one.workspace == workspace}
        found = [one for one in self.state.follow_marks.values() if one.subject == subject]
        return sorted((one for one in found if one.follower_id in things), key=lambda one: one.id)

    def count_by_state(self, follower_id: str) -> dict[tuple[bool, MarkState], int]:
        return dict(Counter((one.wanted, one.state) for one in self._marks(follower_id)))

    def all(self, follower_id: str) -> Sequence[tuple[str, bool, MarkState, datetime]]:
        return sorted((one.subject, one.wanted, one.state, one.at) for one in self._marks(follower_id))

    def taken(self, follower_id: str) -> frozenset[str]:
        own = self._marks(follower_id)
        return frozenset(one.subject for one in own if not one.wanted and one.state is MarkState.DONE)

    def drop_done(self, follower_id: str, before: datetime) -> None:
        for one in self._marks(follower_id):
            if not one.wanted and one.state is MarkState.DONE and one.at < before:
                del self.state.follow_marks[one.id]

    def known_accounts(self, platform: Platform, subjects: Collection[str]) -> frozenset[str]:
        there = {key.subject for key in self.state.accounts if key.issuer == platform.value}
        return frozenset(there.intersection(subjects))
