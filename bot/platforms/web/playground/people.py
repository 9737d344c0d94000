"""What a person of the playground is, and the workspace that they are in."""

from bot.core.rights.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import dataclass

WORKSPACE = WorkspaceKey(Platform.WEB, "playground")
GENERAL = "general"
APPROVALS = "approvals"


@dataclass(frozen=True, slots=True)
class Tour:
    """The people of the tour through a first join, by name, and the place where requests are decided."""

    admin: str
    approver: str
    newcomer: str
    approvals: str = f"#{APPROVALS}"


@dataclass(frozen=True, slots=True)
class Player:
    """A person of the playground; `tries` are lines that are proposed to a first visitor."""

    name: str
    title: str
    color: str
    administers_workspace: bool = False
    channels: tuple[str, ...] = (GENERAL,)
    tries: tuple[str, ...] = ()

    @property
    def account(self) -> AccountKey:
        """The person's account, without regard to the case of their name."""
        return AccountKey(Platform.WEB, self.name.casefold())

    @property
    def email(self) -> str:
        """The address at which the person gets the playground's mails; example.org belongs to nobody."""
        return f"{self.name.casefold()}@example.org"

    @property
    def direct(self) -> str:
        """The place of direct messages between this person and the bot."""
        return f"@{self.name}"

    @property
    def places(self) -> tuple[str, ...]:
        """All places that this person sees, as `#channel` and `@name`."""
        return (*(f"#{channel}" for channel in self.channels), self.direct)

    def caller(self, place: str, workspace_name: str, zone: str | None) -> Caller:
        """Return this person as a caller who acts in a place."""
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
