"""Settings: the defaults, then a file, then the environment."""

import difflib
import json
import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from email.utils import getaddresses
from importlib import resources
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from email_validator import validate_email
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

_PREFIX = "HOMEROOM_"
_KEY_HEX = 64
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class BadSettings(Exception):
    """Settings that cannot be used; the message names each, its source and what is right."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CodeSettings(_Section):
    """How codes are guarded against guessing, and watched for leaks."""

    misses_a_minute: int = Field(default=300, ge=1)
    rush: int = Field(default=30, ge=1)
    rush_times_usual: int = Field(default=5, ge=2)


class WebSettings(_Section):
    """The web pages."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    playground: bool = False
    playground_password: SecretStr = SecretStr("")
    trusted_proxies: list[str] | str = []

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str] | str) -> list[str]:
        named = [one.strip() for one in (value.split(",") if isinstance(value, str) else value)]
        for one in filter(None, named):
            try:
                ip_network(one)
            except ValueError:
                raise ValueError(f"{one!r} is no address or network; one looks like 10.0.0.0/8") from None
        return [one for one in named if one]

    @model_validator(mode="after")
    def _signed_in(self) -> Self:
        if self.playground and not self.playground_password.get_secret_value():
            raise ValueError(
                "playground = true needs playground_password: it is never served without sign-in"
            )
        return self


class DiscordSettings(_Section):
    """Discord; the addresses are Discord's own where they are empty."""

    token: SecretStr = SecretStr("")
    api_base: str = ""
    gateway_url: str = ""


class MailSettings(_Section):
    """The mail server that takes our mail; without a host no mail goes out."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    ca_file: Path | None = None
    sender: str = ""
    reply_to: str = ""
    timeout: float = Field(default=20.0, gt=0, le=45)

    @field_validator("sender", "reply_to")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not _is_address(value):
            raise ValueError("must be an e-mail address, such as Homeroom <door@example.org>")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        password = self.password.get_secret_value()
        if self.host and not self.sender:
            raise ValueError("mail.sender is missing: mail.host needs it")
        if bool(self.username) != bool(password):
            missing = "password" if self.username else "username"
            raise ValueError(f"mail.{missing} is missing: a server wants both, or neither")
        if password and self.security == "none" and self.host not in _OWN_MACHINE:
            raise ValueError(
                'mail.security = "none" would send the password in the clear; take "starttls" or "tls"'
            )
        if self.ca_file is not None and not self.ca_file.is_file():
            raise ValueError(f"mail.ca_file names {self.ca_file}, which does not exist")
        return self


def _is_address(typed: str) -> bool:
    try:
        ((_, address),) = getaddresses([typed])
        validate_email(address, check_deliverability=False)
    except ValueError:
        return False
    return typed.isprintable()


class SlackSettings(_Section):
    """Slack; the address is Slack's own where it is empty."""

    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    signing_secret: SecretStr = SecretStr("")
    public_http: bool = False
    command: str = Field(default="homeroom", pattern=r"^[a-z0-9_-]{1,31}$")
    api_base: str = ""


_SAFE_URL = re.compile(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/]")


class ProviderSection(_Section):
    """A provider that people sign in with; it is offered where it has an id and a secret."""

    client_id: str = ""
    client_secret: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.client_id) != bool(self.client_secret.get_secret_value()):
            missing = "client_secret" if self.client_id else "client_id"
            raise ValueError(f"{missing} is missing: a provider needs client_id and client_secret")
        for name, value in self:
            if name.endswith("_url") and not _SAFE_URL.match(str(value)):
                raise ValueError(f"{name} must begin with https://")
        return self


class OidcSection(ProviderSection):
    """A provider that tells its addresses itself, by OpenID Connect; Google, if nothing else is said."""

    metadata_url: str = "https://accounts.google.com/.well-known/openid-configuration"


class SlackSignInSection(OidcSection):
    """Slack."""

    metadata_url: str = "https://slack.com/.well-known/openid-configuration"


class MicrosoftSection(OidcSection):
    """Microsoft; what it says of e-mail addresses counts for these tenants alone."""

    metadata_url: str = "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"
    tenants: list[str] | str = []

    @field_validator("tenants")
    @classmethod
    def _ids(cls, value: list[str] | str) -> list[str]:
        tenants = [one.strip().lower() for one in (value.split(",") if isinstance(value, str) else value)]
        for tenant in filter(None, tenants):
            if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", tenant):
                raise ValueError(f"{tenant!r} is no tenant's id; it looks like a GUID")
        return [one for one in tenants if one]


class DiscordSignInSection(ProviderSection):
    """Discord, which knows OAuth only; `join_guilds` asks people to let us bring them into the server."""

    authorize_url: str = "https://discord.com/oauth2/authorize"
    token_url: str = "https://discord.com/api/v10/oauth2/token"  # noqa: S105 - an address
    user_url: str = "https://discord.com/api/v10/users/@me"
    join_guilds: bool = True


class SignInSettings(_Section):
    """Who vouches for people on the web pages."""

    google: OidcSection = OidcSection()
    microsoft: MicrosoftSection = MicrosoftSection()
    discord: DiscordSignInSection = DiscordSignInSection()
    slack: SlackSignInSection = SlackSignInSection()

    @property
    def offered(self) -> dict[str, ProviderSection]:
        """The providers that have an id and a secret."""
        sections: dict[str, ProviderSection] = dict(self)
        return {name: one for name, one in sections.items() if one.client_id}


_Days = Annotated[int, Field(ge=0, le=36_500)]


class RetentionSettings(_Section):
    """How many days what nobody needs any more is kept; 0 keeps it for ever."""

    messages: _Days = 30
    claims: _Days = 30
    mail_links: _Days = 30
    misses: _Days = 1
    bulk_plans: _Days = 90
    answers: _Days = 365


class Settings(BaseSettings):
    """All settings of an installation."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid")

    database_url: str = "sqlite:///var/homeroom.db"
    secret_key: SecretStr = SecretStr("")
    secret_key_file: Path = Path("var/secret.key")
    base_url: str = ""
    system_administrators: Annotated[list[str], NoDecode] = Field(default_factory=list)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    web: WebSettings = WebSettings()
    mail: MailSettings = MailSettings()
    codes: CodeSettings = CodeSettings()
    discord: DiscordSettings = DiscordSettings()
    slack: SlackSettings = SlackSettings()
    sign_in: SignInSettings = SignInSettings()
    retention: RetentionSettings = RetentionSettings()

    @model_validator(mode="after")
    def _come_back(self) -> Self:
        if self.sign_in.offered and not self.base_url:
            offered = ", ".join(f"sign_in.{name}" for name in self.sign_in.offered)
            raise ValueError(f"base_url is missing: {offered} must know where to send people back to")
        return self

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// (or http://), or be empty")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _mails_have_links(self) -> Self:
        if self.mail.host and not self.base_url:
            raise ValueError("base_url is missing: mail.host needs it, because mails carry links")
        return self

    @field_validator("system_administrators", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        """Read several of them from one environment variable: with commas, or as JSON."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        return [one.strip() for one in value.split(",") if one.strip()]

    @field_validator("system_administrators")
    @classmethod
    def _accounts(cls, value: list[str]) -> list[str]:
        for account in value:
            if account.partition(":")[0] not in {"discord", "slack", "web"}:
                raise ValueError(f"{account!r} must look like discord:123 or slack:T123/U456")
        return value

    @field_validator("secret_key")
    @classmethod
    def _secret_key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            _key_of(value.get_secret_value())
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
        """Let the environment win over the operator's file, and that over the defaults."""
        del dotenv_settings, file_secret_settings
        own = os.environ.get(f"{_PREFIX}CONFIG")
        files = [_defaults(), *([Path(own)] if own else [])]
        sources = [TomlConfigSettingsSource(settings_cls, toml_file=file) for file in reversed(files)]
        return (init_settings, env_settings, *sources)

    def key(self) -> bytes:
        """Return the secret key, making its file on the first start."""
        if text := self.secret_key.get_secret_value():
            return _key_of(text)
        path = self.secret_key_file
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fresh, "w") as file:
                file.write(secrets.token_hex(_KEY_HEX // 2) + "\n")
        try:
            return _key_of(path.read_text())
        except ValueError as wrong:
            raise ValueError(f"The secret key in {path} {wrong}") from None


def _key_of(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_HEX // 2:
        raise ValueError(f"must be {_KEY_HEX} hexadecimal digits")
    return key


def _defaults() -> Path:
    packaged = Path(str(resources.files("bot") / "default.toml"))
    return packaged if packaged.exists() else Path(__file__).parent.parent / "config" / "default.toml"


def load(**given: Any) -> Settings:
    """Read the settings; `BadSettings` says all that is wrong at once."""
    own = os.environ.get(f"{_PREFIX}CONFIG")
    if own and not Path(own).exists():
        raise BadSettings(f"{_PREFIX}CONFIG names {own}, which does not exist.")
    if unknown := list(_unknown_variables()):
        raise BadSettings("\n".join(unknown))
    try:
        return Settings(**given)
    except tomllib.TOMLDecodeError as broken:
        raise BadSettings(f"{own} cannot be read: {broken}") from None
    except ValidationError as invalid:
        problems = [_explain(problem) for problem in invalid.errors()]
        raise BadSettings("\n".join(problems)) from None


def _unknown_variables() -> Iterator[str]:
    """Find environment variables that look like settings: a missing underscore would go unnoticed."""
    known = [f"{_PREFIX}CONFIG"]
    for name, field in Settings.model_fields.items():
        section = field.annotation
        inner = section.model_fields if isinstance(section, type) and issubclass(section, _Section) else {}
        known += [f"{_PREFIX}{name}__{one}".upper() for one in inner] or [f"{_PREFIX}{name}".upper()]
    for variable in sorted(os.environ):
        top = variable.upper().partition("__")[0]
        if variable.startswith(_PREFIX) and not any(one.partition("__")[0] == top for one in known):
            close = difflib.get_close_matches(variable, known, n=1)
            yield f"{variable} is no setting" + (f"; do you mean {close[0]}?" if close else ".")


def _explain(problem: Any) -> str:
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    name = ".".join(str(part) for part in problem["loc"])
    variable = _PREFIX + "__".join(str(part).upper() for part in problem["loc"])
    given = any(one == variable or one.startswith(f"{variable}__") for one in os.environ)
    source = f"environment variable {variable}" if given else "settings file"
    return f"{name} ({source}): {problem['msg'].removeprefix('Value error, ')}"
