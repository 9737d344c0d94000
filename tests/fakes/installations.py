"""A fake of the stored Slack installations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.values import replace
from bot.core.workspaces.installation_ports import Installation
from tests.fakes.state import State


@dataclass(frozen=True)
class FakeInstallations:
    state: State

    def save(self, installation: Installation) -> None:
        before = self.by_place(installation.place)
        version = before.version + 1 if before else 1
        self.state.installations[installation.place] = replace(installation, version=version)
        self.state.slack_workspaces.pop(installation.place, None)

    def by_place(self, place: str) -> Installation | None:
        return self.state.installations.get(place)

    def for_workspace(self, team: str) -> Installation | None:
        return self.by_place(self.state.slack_workspaces.get(team, team))

    def every(self) -> Sequence[Installation]:
        return [self.state.installations[place] for place in sorted(self.state.installations)]

    def renew(self, known: Installation, *, token: str, refresh: str, expires_at: datetime) -> bool:
        now = self.by_place(known.place)
        if now is None or now.version != known.version:
            return False
        fresh = replace(now, token=token, refresh=refresh, expires_at=expires_at, version=now.version + 1)
        self.state.installations[known.place] = fresh
        return True

    def remove(self, place: str, version: int) -> bool:
        known = self.by_place(place)
        if known is None or known.version != version:
            return False
        for team in self.workspaces(place):
            del self.state.slack_workspaces[team]
        del self.state.installations[place]
        return True

    def add_workspace(self, team: str, organization: str) -> bool:
        known = self.state.slack_workspaces.get(team) == organization
        self.state.slack_workspaces[team] = organization
        return not known

    def remove_workspace(self, team: str, organization: str) -> bool:
        known = self.state.slack_workspaces.get(team) == organization
        if known:
            del self.state.slack_workspaces[team]
        return known

    def workspaces(self, organization: str) -> Sequence[str]:
        return sorted(team for team, of in self.state.slack_workspaces.items() if of == organization)
