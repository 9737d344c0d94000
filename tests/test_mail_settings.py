"""The settings of mail, and the message for each one that is wrong."""

from pathlib import Path

import pytest

from bot.settings import BadSettings, load

RIGHT = {
    "BASE_URL": "https://door.example.org",
    "MAIL__HOST": "smtp.example.org",
    "MAIL__SENDER": "Homeroom <door@example.org>",
    "MAIL__USERNAME": "door",
    "MAIL__PASSWORD": "sesame",
}


TOKEN = {
    "MAIL__PASSWORD": "",
    "MAIL__TOKEN_URL": "https://login.microsoftonline.com/northfield.example/oauth2/v2.0/token",
    "MAIL__CLIENT_ID": "11111111-2222-3333-4444-555555555555",
    "MAIL__CLIENT_SECRET": "sesame",
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    for name, value in {**RIGHT, **changes}.items():
        if value:
            monkeypatch.setenv(f"HOMEROOM_{name}", value)


def test_a_mail_server_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)
    mail = load().mail
    assert (mail.host, mail.port, mail.security, mail.timeout) == ("smtp.example.org", 587, "starttls", 20)
    assert "sesame" not in repr(mail)


def test_a_token_stands_for_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **TOKEN)
    mail = load().mail
    assert mail.token_url == TOKEN["MAIL__TOKEN_URL"]
    assert mail.scope == "https://outlook.office365.com/.default"
    assert "sesame" not in repr(mail)


def test_without_a_host_there_is_no_mail() -> None:
    assert load().mail.host == ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"BASE_URL": ""}, "base_url is missing: mail.host needs it"),
        ({"MAIL__SENDER": ""}, "mail.sender is missing"),
        ({"MAIL__SENDER": "the door"}, "mail.sender (environment variable HOMEROOM_MAIL__SENDER)"),
        ({"MAIL__SENDER": "a@b.example, c@d.example"}, "mail.sender (environment variable"),
        ({"MAIL__REPLY_TO": "nobody"}, "mail.reply_to (environment variable HOMEROOM_MAIL__REPLY_TO)"),
        ({"MAIL__PASSWORD": ""}, "mail.password is missing"),
        ({"MAIL__USERNAME": ""}, "mail.username is missing"),
        ({"MAIL__TOKEN_URL": "https://t.example", "MAIL__PASSWORD": ""}, "mail.client_id is missing"),
        ({"MAIL__CLIENT_SECRET": "sesame"}, "mail.token_url is missing"),
        ({**TOKEN, "MAIL__PASSWORD": "sesame"}, "mail.password and mail.token_url exclude each other"),
        ({**TOKEN, "MAIL__USERNAME": ""}, "mail.username is missing"),
        ({**TOKEN, "MAIL__TOKEN_URL": "http://t.example"}, "mail.token_url must begin with https://"),
        ({**TOKEN, "MAIL__SECURITY": "none"}, 'mail.security = "none" would send the token unencrypted'),
        ({"MAIL__SECURITY": "ssl"}, "mail.security (environment variable HOMEROOM_MAIL__SECURITY)"),
        ({"MAIL__SECURITY": "none"}, 'mail.security = "none" would send the password unencrypted'),
        ({"MAIL__PORT": "smtp"}, "mail.port (environment variable HOMEROOM_MAIL__PORT)"),
        ({"MAIL__TIMEOUT": "600"}, "mail.timeout (environment variable HOMEROOM_MAIL__TIMEOUT)"),
        ({"MAIL__CA_FILE": "gone.pem"}, "mail.ca_file names gone.pem, which does not exist"),
        ({"MAIL__CA_FILE": __file__}, "which holds no certificate (PEM)"),
        ({"MAIL__CA_FILE": str(Path(__file__).parent)}, "which cannot be read: Is a directory"),
    ],
)
def test_each_fault_names_its_setting(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], told: str
) -> None:
    given(monkeypatch, **changes)
    with pytest.raises(BadSettings) as bad:
        load()
    assert told in str(bad.value)
    assert "sesame" not in str(bad.value)


def test_a_server_on_this_machine_may_go_without_encryption(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, MAIL__HOST="localhost", MAIL__SECURITY="none")
    assert load().mail.security == "none"
