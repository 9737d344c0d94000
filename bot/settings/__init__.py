"""The settings, read from the defaults, the operator's file, `.env` and the environment; later ones win."""

import json
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.settings import key_file
from bot.settings.mail import MailSettings
from bot.settings.problems import DOTENV, PREFIX, Place, Sources, dotenv_problems, own_file
from bot.settings.sections import (
    CodeSettings,
    DiscordSettings,
    RetentionSettings,
    RosterSettings,
    Section,
    SlackSettings,
    WebSettings,
    items_of,
)
from bot.settings.sign_in import SignInSettings

__all__ = ["BadSettings", "RetentionSettings", "Settings", "load", "places"]
_HOST = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
# Accounts of the playground are names, which may have any characters.
_ACCOUNT = re.compile(r"discord:\d{1,20}|slack:[A-Z0-9]+/[A-Z0-9]+|web:.+")


class BadSettings(Exception):
    """Raised for settings that cannot be used; names each of them, where it was read, and what is allowed."""


class Settings(BaseSettings):
    """All settings of an installation."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", str_strip_whitespace=True
    )

    database_url: str = "sqlite:///var/homeroom.db"
    upgrade_at_start: bool = True
    secret_key: SecretStr = SecretStr("")
    secret_key_file: Path = Path("var/secret.key")
    base_url: str = ""
    system_administrators: Annotated[list[str], NoDecode] = Field(default=[])
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "text"] = "auto"
    web: WebSettings = WebSettings()
    mail: MailSettings = MailSettings()
    codes: CodeSettings = CodeSettings()
    discord: DiscordSettings = DiscordSettings()
    slack: SlackSettings = SlackSettings()
    sign_in: SignInSettings = SignInSettings()
    rosters: RosterSettings = RosterSettings()
    retention: RetentionSettings = RetentionSettings()

    @model_validator(mode="after")
    def _sign_in_needs_base_url(self) -> Self:
        ways = [*self.sign_in.offered, *(["passwords"] if self.sign_in.passwords else [])]
        if ways and not self.base_url:
            offered = ", ".join(f"sign_in.{name}" for name in ways)
            raise ValueError(f"base_url is missing: {offered} needs it to send people back")
        return self

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        return _host_of(value.strip()) if value else ""

    @model_validator(mode="after")
    def _slack_app_needs_base_url(self) -> Self:
        if self.slack.client_id and not self.base_url:
            raise ValueError("base_url is missing: slack.client_id needs it to send installers back")
        return self

    @model_validator(mode="after")
    def _mail_needs_base_url(self) -> Self:
        if self.mail.host and not self.base_url:
            raise ValueError("base_url is missing: mail.host needs it, because mails carry links")
        return self

    @field_validator("system_administrators", mode="before")
    @classmethod
    def _split_accounts(cls, value: object) -> object:
        """Split the value of an environment variable, which is separated by commas or written as JSON."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            try:
                return json.loads(value)
            except ValueError:
                raise ValueError("must be accounts, separated by commas, such as discord:1") from None
        return items_of(value)

    @field_validator("system_administrators")
    @classmethod
    def _check_accounts(cls, value: list[str]) -> list[str]:
        for account in value:
            if not _ACCOUNT.fullmatch(account):
                raise ValueError(f"{account!r} must look like discord:123 or slack:T123/U456")
        return value

    @field_validator("secret_key")
    @classmethod
    def _check_secret_key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            key_file.keys_of(value.get_secret_value())
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: environment, `.env`, the operator's file, defaults; earlier ones win."""
        del dotenv_settings, file_secret_settings
        own = own_file()
        files = [_defaults(), *([own] if own else [])]
        dotenv = DotEnvSettingsSource(settings_cls, env_file=DOTENV, dotenv_filtering="only_existing")
        sources = [TomlConfigSettingsSource(settings_cls, toml_file=file) for file in reversed(files)]
        return (init_settings, env_settings, dotenv, *sources)

    @property
    def has_key(self) -> bool:
        """Whether there is a secret key already; without one, `keys` makes the first."""
        return bool(self.secret_key.get_secret_value()) or self.secret_key_file.exists()

    def keys(self) -> tuple[bytes, ...]:
        """Return the secret keys, newest first; if there is none yet, make one and write it to its file."""
        if text := self.secret_key.get_secret_value():
            return key_file.keys_of(text)
        return key_file.read(self.secret_key_file)


def _host_of(url: str) -> str:
    """Return the scheme and host of an address; raise `ValueError` if it has a path or anything else.

    The web pages are at the root of their host.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError("must begin with https:// (or http://), or be empty")
    with suppress(ValueError):  # brackets around something that is not an IPv6 address
        parts = urlsplit(url.rstrip("/"))
        if _HOST.fullmatch(parts.netloc) and not (parts.path or parts.query or parts.fragment):
            return f"{parts.scheme}://{parts.netloc}"
    raise ValueError("must be a host without a path, such as https://door.example.org")


def _defaults() -> Path:
    packaged = Path(str(resources.files("bot") / "default.toml"))
    return packaged if packaged.exists() else Path(__file__).parent.parent.parent / "config" / "default.toml"


def load(**given: Any) -> Settings:
    """Read the settings; values `given` win over all sources. Raises `BadSettings` with all problems."""
    if broken := dotenv_problems():
        raise BadSettings("\n".join(broken))
    own = own_file()
    if own is not None:
        _require_readable(own)
    sources, known = Sources(), [*places(Settings)]
    if unknown := list(sources.unknown_variables(known)):
        raise BadSettings("\n".join(unknown))
    try:
        return Settings(**given)
    except ValidationError as invalid:
        raise BadSettings("\n".join(sources.explained(invalid.errors(), known))) from None


def _require_readable(own: Path) -> None:
    try:
        tomllib.loads(own.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadSettings(f"{PREFIX}CONFIG names {own}, which does not exist.") from None
    except OSError as refused:
        raise BadSettings(f"{own} cannot be read: {refused.strerror}.") from None
    except ValueError as broken:
        raise BadSettings(f"{own} cannot be read: {broken}") from None


def places(section: type[BaseModel], within: Place = ()) -> Iterator[Place]:
    """Yield the place of each setting, including those in sections."""
    for name, found in section.model_fields.items():
        inner = found.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from places(inner, (*within, name))
        else:
            yield (*within, name)
