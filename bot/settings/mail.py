"""The `mail` section of the settings."""

import ssl
from email.utils import getaddresses
from pathlib import Path
from typing import Literal, Self

from email_validator import validate_email
from pydantic import Field, SecretStr, field_validator, model_validator

from bot.settings.sections import OWN_MACHINE, SAFE_URL, Section


class MailSettings(Section):
    """The server that takes outgoing mail; without a host, no mail is sent."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    token_url: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    scope: str = "https://outlook.office365.com/.default"
    ca_file: Path | None = None
    sender: str = ""
    reply_to: str = ""
    # A delivery must end before its claim on the notice expires (`bot.jobs.delivery.LEASE`).
    timeout: float = Field(default=20.0, gt=0, le=45)

    @field_validator("sender", "reply_to")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not _is_address(value):
            raise ValueError("must be an e-mail address, such as Homeroom <door@example.org>")
        return value

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        password = self.password.get_secret_value()
        if self.host and not self.sender:
            raise ValueError("mail.sender is missing: mail.host needs it")
        self._check_token_settings()
        if bool(self.username) != bool(password or self.token_url):
            missing = "password" if self.username else "username"
            raise ValueError(
                f"mail.{missing} is missing: set both mail.username and a password or token, or neither"
            )
        if (password or self.token_url) and self.security == "none" and self.host not in OWN_MACHINE:
            what = "password" if password else "token"
            raise ValueError(
                f'mail.security = "none" would send the {what} unencrypted; use "starttls" or "tls"'
            )
        if self.ca_file is not None:
            _require_certificate(self.ca_file)
        return self

    def _check_token_settings(self) -> None:
        secret = self.client_secret.get_secret_value()
        given = {"token_url": self.token_url, "client_id": self.client_id, "client_secret": secret}
        lacking = [name for name, value in given.items() if not value]
        if 0 < len(lacking) < len(given):
            raise ValueError(f"mail.{lacking[0]} is missing: a token needs {', '.join(given)}")
        if self.token_url and self.password.get_secret_value():
            raise ValueError("mail.password and mail.token_url exclude each other; remove one of them")
        if self.token_url and not SAFE_URL.match(self.token_url):
            raise ValueError("mail.token_url must begin with https://")


def _require_certificate(file: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except FileNotFoundError:
        raise ValueError(f"mail.ca_file names {file}, which does not exist") from None
    except ssl.SSLError:
        raise ValueError(f"mail.ca_file names {file}, which holds no certificate (PEM)") from None
    except OSError as refused:
        raise ValueError(f"mail.ca_file names {file}, which cannot be read: {refused.strerror}") from None


def _is_address(typed: str) -> bool:
    try:
        ((_, address),) = getaddresses([typed])
        validate_email(address, check_deliverability=False)
    except ValueError:
        return False
    return typed.isprintable()
