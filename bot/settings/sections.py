"""Sections of the settings: codes, web pages, chats, rosters and retention."""

import re
from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bot.sheets.bounds import MEGABYTE

OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_URL = re.compile(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/]")


class Section(BaseModel):
    """A table of the settings file; an unknown setting in it is an error."""

    # A secret copied with its line end would be refused by every platform, without saying why.
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def items_of(value: list[str] | str) -> list[str]:
    """Return the items of a list setting, which an environment variable separates by commas."""
    items = value.split(",") if isinstance(value, str) else value
    return [item for one in items if (item := one.strip())]


class CodeSettings(Section):
    """How invitation codes are protected against guessing, and watched for leaks."""

    misses_a_minute: int = Field(default=300, ge=1)
    rush: int = Field(default=30, ge=1)
    rush_times_usual: int = Field(default=5, ge=2)


class WebSettings(Section):
    """The web pages."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    playground: bool = False
    playground_password: SecretStr = SecretStr("")
    metrics_token: SecretStr = SecretStr("")
    trusted_proxies: list[str] | str = []

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        host = value.strip().removeprefix("[").removesuffix("]")
        if not host:
            raise ValueError(
                'must be an address of this machine, such as 127.0.0.1; 0.0.0.0 or "::" stands for all'
            )
        return host

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: list[str] | str) -> list[str]:
        networks = items_of(value)
        for one in networks:
            try:
                ip_network(one)
            except ValueError:
                raise ValueError(f"{one!r} is not an address or network, such as 10.0.0.0/8") from None
        return networks

    @model_validator(mode="after")
    def _playground_needs_password(self) -> Self:
        if self.playground and not self.playground_password.get_secret_value():
            raise ValueError(
                "playground = true needs playground_password: the playground is never open to everybody"
            )
        return self


class DiscordSettings(Section):
    """Discord; empty addresses stand for Discord's own."""

    token: SecretStr = SecretStr("")
    shard_count: int = Field(default=1, ge=1, le=1_000)
    shard_ids: list[int] | int | str = []
    hide_commands: bool = True
    requests_seconds: int = Field(default=60, ge=10, le=86_400)
    api_base: str = ""
    gateway_url: str = ""

    @field_validator("shard_ids")
    @classmethod
    def _parse_shard_ids(cls, value: list[int] | int | str) -> list[int]:
        named = [str(one) for one in value] if isinstance(value, list) else str(value).split(",")
        try:
            return sorted({int(one) for one in named if one.strip()})
        except ValueError:
            raise ValueError("must be numbers, such as 0,1") from None

    @model_validator(mode="after")
    def _shard_ids_exist(self) -> Self:
        if any(not 0 <= one < self.shard_count for one in self.shards):
            raise ValueError(f"shard_ids must be from 0 to {self.shard_count - 1}, below shard_count")
        return self

    @property
    def shards(self) -> list[int]:
        """The shards that this process may serve: all of them if the settings name none."""
        named = self.shard_ids if isinstance(self.shard_ids, list) else []
        return named or list(range(self.shard_count))


class SlackSettings(Section):
    """Slack; an empty address stands for Slack's own."""

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    public_http: bool = False
    command: str = "homeroom"
    api_base: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    install: Literal["link", "public"] = "link"

    @field_validator("command")
    @classmethod
    def _check_command(cls, value: str) -> str:
        name = value.removeprefix("/")
        if not re.fullmatch(r"[a-z0-9_-]{1,31}", name):
            raise ValueError("must be lower-case letters, digits, - and _, such as homeroom")
        return name

    @model_validator(mode="after")
    def _bot_token_or_client(self) -> Self:
        if bool(self.client_id) != bool(self.client_secret.get_secret_value()):
            missing = "client_secret" if self.client_id else "client_id"
            raise ValueError(
                f"{missing} is missing: an app for several workspaces needs client_id and client_secret"
            )
        if self.client_id and self.bot_token.get_secret_value():
            raise ValueError(
                "bot_token and client_id exclude each other: the first is for one workspace, the second for "
                "several; remove one of them"
            )
        return self


class RosterSettings(Section):
    """Limits on the files that people upload, and the folder of OneRoster files."""

    bytes: int = Field(default=5 * MEGABYTE, ge=1, le=100 * MEGABYTE)
    unzipped: int = Field(default=20 * MEGABYTE, ge=1, le=400 * MEGABYTE)
    rows: int = Field(default=50_000, ge=1, le=1_000_000)
    # Each district has its OneRoster folder below this one; empty if OneRoster is not used.
    oneroster_folder: str = ""


_Days = Annotated[int, Field(ge=0, le=36_500)]


class RetentionSettings(Section):
    """How many days records that are no longer needed are kept; 0 keeps them for ever."""

    messages: _Days = 30
    claims: _Days = 30
    mail_links: _Days = 30
    misses: _Days = 1
    bulk_plans: _Days = 90
    rosters: _Days = 90
    broadcasts: _Days = 365
    answers: _Days = 365
    addresses: _Days = 365
    arrivals: _Days = 1
    cards: _Days = 90
    dated_jobs: _Days = 90
    pauses: _Days = 1
