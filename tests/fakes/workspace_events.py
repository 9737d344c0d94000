"""Fakes of what is stored about platforms' events: newcomers, bans and mirrored requests to join."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.requests.mirror_ports import MIRROR, Mirror, MirroredRequest, PlatformRequestState
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from tests.fakes.state import State

_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class FakeWorkspaceEvents:
    state: State

    def heard_until(self, name: str) -> datetime | None:
        return self.state.listenings.get(name)

    def set_heard_until(self, name: str, at: datetime) -> None:
        self.state.listenings[name] = max(at, self.state.listenings.get(name, at))

    def serving_workspaces(self, platform: Platform, *, after: str, limit: int) -> Sequence[WorkspaceKey]:
        at_work = {key for school, key in self.state.links if (school, key) not in self.state.resting}
        found = [one for one in at_work if one.platform is platform and one.external_id > after]
        return sorted(found, key=lambda one: one.external_id)[:limit]

    def count_newcomer(self, workspace: WorkspaceKey, minute: datetime) -> int:
        for key in [one for one in self.state.crowds if one[0] == workspace]:
            if key[1] < minute - _KEPT:
                del self.state.crowds[key]
        this = (workspace, minute)
        self.state.crowds[this] = self.state.crowds.get(this, 0) + 1
        return self.state.crowds[this]

    def newcomers(self, workspace: WorkspaceKey, minute: datetime) -> int:
        return self.state.crowds.get((workspace, minute), 0)


@dataclass(frozen=True)
class FakeBans:
    state: State

    def add(self, workspace: WorkspaceKey, subject: str, at: datetime) -> bool:  # noqa: ARG002
        if workspace not in self.state.workspaces or (workspace, subject) in self.state.bans:
            return False
        self.state.bans.add((workspace, subject))
        return True

    def drop(self, workspace: WorkspaceKey, subject: str) -> bool:
        there = (workspace, subject) in self.state.bans
        self.state.bans.discard((workspace, subject))
        return there

    def schools_banning(self, accounts: Sequence[AccountKey]) -> frozenset[str]:
        schools = {school_id for school_id, _ in self.state.links}
        return frozenset(one for one in schools if self.any_at_school(one, accounts))

    def any_at_school(self, school_id: str, accounts: Sequence[AccountKey]) -> bool:
        named = {(one.issuer, one.subject) for one in accounts}
        return any(
            (key.platform.value, subject) in named and (school_id, key) in self.state.links
            for key, subject in self.state.bans
        )

    def of(self, workspace: WorkspaceKey) -> frozenset[str]:
        return frozenset(subject for key, subject in self.state.bans if key == workspace)


@dataclass(frozen=True)
class FakeMirrors:
    state: State

    def put(self, mirror: Mirror) -> None:
        self.state.mirrors[mirror.workspace] = mirror

    def delete(self, workspace: WorkspaceKey) -> bool:
        return self.state.mirrors.pop(workspace, None) is not None

    def of(self, workspace: WorkspaceKey) -> Mirror | None:
        return self.state.mirrors.get(workspace)

    def _works(self, one: Mirror) -> bool:
        link = (one.school_id, one.workspace)
        linked = link in self.state.links and link not in self.state.resting
        return linked and not self.state.schools[one.school_id].archived

    def due(self, now: datetime, limit: int) -> Sequence[Mirror]:
        off = {f"{MIRROR}:{one}" for one in self.state.put_off(MIRROR, now)}
        found = [one for one in self.state.mirrors.values() if one.look_at <= now and one.subject not in off]
        return sorted(filter(self._works, found), key=lambda one: one.look_at)[:limit]

    def save_request(self, mirrored: MirroredRequest) -> None:
        self.state.mirrored[mirrored.workspace, mirrored.external_id] = mirrored

    def by_external_id(self, workspace: WorkspaceKey, external_id: str) -> MirroredRequest | None:
        return self.state.mirrored.get((workspace, external_id))

    def waiting(self, workspace: WorkspaceKey) -> Sequence[MirroredRequest]:
        here = [one for one in self.state.mirrored.values() if one.workspace == workspace]
        waiting = [one for one in here if one.fate is PlatformRequestState.WAITING]
        return sorted(waiting, key=lambda one: one.external_id)

    def of_request(self, request_id: str) -> Sequence[MirroredRequest]:
        found = [one for one in self.state.mirrored.values() if one.request_id == request_id]
        return sorted(found, key=lambda one: one.external_id)
