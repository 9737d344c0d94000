"""Who sits in the playground."""

from bot.core.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import dataclass

WORKSPACE = WorkspaceKey(Platform.WEB, "playground")
GENERAL = "general"
APPROVALS = "approvals"


@dataclass(frozen=True, slots=True)
class Tour:
    """Who does what on the first way into a school, by name, and the place where requests are decided."""

    admin: str
    approver: str
    newcomer: str
    approvals: str = f"#{APPROVALS}"


@dataclass(frozen=True, slots=True)
class Player:
    """One person of the playground; `tries` are lines that a first visitor is offered."""

    name: str
    title: str
    color: str
    administers_workspace: bool = False
    channels: tuple[str, ...] = (GENERAL,)
    tries: tuple[str, ...] = ()

    @property
    def account(self) -> AccountKey:
        """The identity that the playground vouches for; names are typed in any case."""
        return AccountKey(Platform.WEB, self.name.casefold())

    @property
    def email(self) -> str:
        """The address at which they get mails of the playground; nobody's in the world."""
        return f"{self.name.casefold()}@example.org"

    @property
    def direct(self) -> str:
        """The place where only this person and the bot talk."""
        return f"@{self.name}"

    @property
    def places(self) -> tuple[str, ...]:
        """All places that this person sees, as `#channel` and `@name`."""
        return (*(f"#{channel}" for channel in self.channels), self.direct)

    def caller(self, place: str, workspace_name: str, zone: str | None) -> Caller:
        """Vouch for this person, who acts in a place."""
        return Caller(
            account=self.account,
            name=self.name,
            platform=Platform.WEB,
            workspace=WORKSPACE,
            workspace_name=workspace_name,
            channel=place.removeprefix("#") if place.startswith("#") else None,
            administers_workspace=self.administers_workspace,
            zone=zone,
        )
