"""The `sign_in` section of the settings: how people sign in on the web."""

import re
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.settings.sections import SAFE_URL, Section, items_of


class ProviderSection(Section):
    """A provider that people sign in with; it is offered if it has a client id and a secret."""

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _check_client(self) -> Self:
        if bool(self.client_id) != bool(self.client_secret.get_secret_value()):
            missing = "client_secret" if self.client_id else "client_id"
            raise ValueError(f"{missing} is missing: a provider needs client_id and client_secret")
        for name, value in self:
            if name.endswith("_url") and not SAFE_URL.match(str(value)):
                raise ValueError(f"{name} must begin with https://")
        return self


class OidcSection(ProviderSection):
    """An OpenID Connect provider, whose addresses are in its discovery document; Google's by default."""

    metadata_url: str = "https://accounts.google.com/.well-known/openid-configuration"


class SlackSignInSection(OidcSection):
    """Slack; the e-mail addresses that it reports are trusted only for these workspaces."""

    metadata_url: str = "https://slack.com/.well-known/openid-configuration"
    workspaces: list[str] | str = Field(default=[])

    @field_validator("workspaces")
    @classmethod
    def _ids(cls, value: list[str] | str) -> list[str]:
        workspaces = items_of(value)
        for workspace in workspaces:
            if not re.fullmatch(r"T[A-Z0-9]+", workspace):
                raise ValueError(
                    f"{workspace!r} is not the id of a workspace, which begins with T, such as T01ABCDEF"
                )
        return workspaces


class MicrosoftSection(OidcSection):
    """Microsoft; the e-mail addresses that it reports are trusted only for these tenants."""

    metadata_url: str = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"
    tenants: list[str] | str = Field(default=[])

    @field_validator("tenants")
    @classmethod
    def _ids(cls, value: list[str] | str) -> list[str]:
        tenants = [one.lower() for one in items_of(value)]
        for tenant in tenants:
            if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", tenant):
                raise ValueError(f"{tenant!r} is not the id of a tenant, which is a GUID")
        return tenants


class DiscordSignInSection(ProviderSection):
    """Discord, which has OAuth but not OpenID Connect; `join_guilds` asks to add people to the server."""

    authorize_url: str = "https://discord.com/oauth2/authorize"
    token_url: str = "https://discord.com/api/v10/oauth2/token"  # noqa: S105 - an address
    user_url: str = "https://discord.com/api/v10/users/@me"
    join_guilds: bool = True


class SignInSettings(Section):
    """The providers that people sign in with on the web; without any, they may have `passwords`."""

    passwords: bool = False
    google: OidcSection = OidcSection()
    microsoft: MicrosoftSection = MicrosoftSection()
    discord: DiscordSignInSection = DiscordSignInSection()
    slack: SlackSignInSection = SlackSignInSection()

    @property
    def offered(self) -> dict[str, ProviderSection]:
        """The providers that have an id and a secret."""
        sections = {name: one for name, one in self if isinstance(one, ProviderSection)}
        return {name: one for name, one in sections.items() if one.client_id}

    @model_validator(mode="after")
    def _passwords_or_providers(self) -> Self:
        if self.passwords and self.offered:
            offered = ", ".join(f"sign_in.{name}" for name in self.offered)
            raise ValueError(
                f"sign_in.passwords and {offered} exclude each other: passwords are for installations "
                "without a provider; remove one of them"
            )
        return self
