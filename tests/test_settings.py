"""Settings as operators write them, and the messages if something is wrong."""

import errno
import os
import stat
from pathlib import Path

import pytest

from bot.app import bounds_of
from bot.settings import BadSettings, key_file, load
from bot.sheets.bounds import Bounds


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def wrong(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(f"HOMEROOM_{name}", value)
    with pytest.raises(BadSettings) as bad:
        load()
    return str(bad.value)


@pytest.mark.parametrize(
    "typed",
    ["discord:1,slack:T1/U2", " discord:1 , slack:T1/U2 ", '["discord:1", "slack:T1/U2"]'],
)
def test_several_accounts_stand_in_one_variable(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setenv("HOMEROOM_SYSTEM_ADMINISTRATORS", typed)
    assert load().system_administrators == ["discord:1", "slack:T1/U2"]


@pytest.mark.parametrize(
    "typed",
    ["bob", "[", '{"a": 1}', "discord:1 slack:2,bob", "discord:", "discord:ada", "slack:U2", "slack:t1/u2"],
)
def test_what_is_no_account_is_named(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert "HOMEROOM_SYSTEM_ADMINISTRATORS" in wrong(monkeypatch, SYSTEM_ADMINISTRATORS=typed)


def test_a_variable_that_is_no_setting_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    told = wrong(monkeypatch, DISCORD_TOKEN="x", ZZZZZZZZZ="1")
    assert told.splitlines() == [
        "HOMEROOM_DISCORD_TOKEN is not a setting; did you mean HOMEROOM_DISCORD__TOKEN?",
        "HOMEROOM_ZZZZZZZZZ is not a setting.",
    ]


def test_a_setting_that_a_section_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(monkeypatch, WEB__PROT="1") == (
        "web.prot (environment variable HOMEROOM_WEB__PROT): is not a setting; did you mean web.port?"
    )


def test_a_rule_of_a_section_names_where_it_was_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(monkeypatch, WEB__PLAYGROUND="true").startswith(
        "web (environment variable HOMEROOM_WEB__PLAYGROUND)"
    )
    monkeypatch.setenv("HOMEROOM_WEB__PORT", "9000")
    assert wrong(monkeypatch, WEB__PLAYGROUND="true").startswith(
        "web (environment variable HOMEROOM_WEB__PLAYGROUND)"
    )


def test_a_file_that_is_no_toml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("web = ")
    assert wrong(monkeypatch, CONFIG="own.toml").startswith("own.toml cannot be read: Invalid value")
    assert (
        wrong(monkeypatch, CONFIG="other.toml") == "HOMEROOM_CONFIG names other.toml, which does not exist."
    )


def test_a_key_file_is_made_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    key = load().keys()
    made = tmp_path / "var" / "secret.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert load().keys() == key
    key_file._make(made)  # as another process that starts at the same moment
    assert load().keys() == key
    made.write_text("nonsense")
    with pytest.raises(ValueError, match=r"The secret key in var/secret.key must be 64 hexadecimal digits"):
        load().keys()
    made.unlink()
    made.mkdir()
    with pytest.raises(OSError, match=r"^The secret key in var/secret.key cannot be read: Is a directory$"):
        load().keys()


def test_a_key_is_on_the_disk_before_it_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    load().keys()
    made = tmp_path / "var" / "secret.key"
    assert synced == [made.stat().st_ino, made.parent.stat().st_ino]


def test_a_key_that_the_disk_did_not_take_is_not_left_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as now:
        now.setattr(os, "fsync", full)
        with pytest.raises(
            OSError, match=r"^The secret key in var/secret.key cannot be created: No space left"
        ):
            load().keys()
    assert list((tmp_path / "var").iterdir()) == []
    assert len(load().keys()) == 1


def test_a_process_serves_all_shards_or_those_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().discord.shards == [0]
    monkeypatch.setenv("HOMEROOM_DISCORD__SHARD_COUNT", "4")
    assert load().discord.shards == [0, 1, 2, 3]
    monkeypatch.setenv("HOMEROOM_DISCORD__SHARD_IDS", "3, 1")
    assert load().discord.shards == [1, 3]
    monkeypatch.setenv("HOMEROOM_DISCORD__SHARD_IDS", "[2]")
    assert load().discord.shards == [2]


@pytest.mark.parametrize("ids", ["2", "-1", "one"])
def test_a_shard_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, ids: str) -> None:
    assert "shard_ids" in wrong(monkeypatch, DISCORD__SHARD_COUNT="2", DISCORD__SHARD_IDS=ids)


def test_how_large_files_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bounds_of(load()) == Bounds()
    monkeypatch.setenv("HOMEROOM_ROSTERS__ROWS", "9")
    assert bounds_of(load()).rows == 9
    assert wrong(monkeypatch, ROSTERS__ROWS="0").startswith("rosters.rows (environment variable")


def in_file(monkeypatch: pytest.MonkeyPatch, content: str) -> str:
    Path("own.toml").write_text(content)
    return wrong(monkeypatch, CONFIG="own.toml")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("[web]\nprot = 1", "web.prot (own.toml): is not a setting; did you mean web.port?"),
        ("[web]\nport = 'many'", "web.port (own.toml): must be a whole number"),
        ("[web]\nport = 99999", "web.port (own.toml): must be at most 65535"),
        ("[web]\nplayground = 'maybe'", "web.playground (own.toml): must be true or false"),
        ("web = 3", "web (own.toml): is a section: write [web], and its settings below"),
        ("base_ulr = ''", "base_ulr (own.toml): is not a setting; did you mean base_url?"),
        ("log_level = 'LOUD'", "log_level (own.toml): must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("base_url = 7", "base_url (own.toml): must be text, in quotes"),
        ("base_url = 'door'", "base_url (own.toml): must begin with https:// (or http://), or be empty"),
        ("[mail]\ntimeout = 0", "mail.timeout (own.toml): must be more than 0"),
        ("[slack]\ncommand = 'a b'", "slack.command (own.toml): must be lower-case letters, digits, - and _"),
        ("[sign_in.googel]\nclient_id = '1'", "sign_in.googel (own.toml): is not a setting; did you mean"),
    ],
)
def test_a_problem_names_the_file_and_what_is_right(
    monkeypatch: pytest.MonkeyPatch, typed: str, told: str
) -> None:
    assert in_file(monkeypatch, typed).startswith(told)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("system_administrators = [77]", "system_administrators (own.toml): must be text, in quotes"),
        ("[web]\ntrusted_proxies = [1]", "web.trusted_proxies (own.toml): must be text, in quotes"),
        ("[discord]\nshard_ids = {a = 1}", "discord.shard_ids (own.toml): must be a list, such as [1, 2]"),
    ],
)
def test_what_stands_within_a_value_is_told_once_and_by_the_settings_name(
    monkeypatch: pytest.MonkeyPatch, typed: str, told: str
) -> None:
    assert in_file(monkeypatch, typed) == told


@pytest.mark.parametrize(
    "typed",
    [
        "https://",
        "https:///i",
        "https://door example.org",
        "https://door.example.org:many",
        "https://door.example.org/homeroom",
        "https://door.example.org?at=1",
        "https://door.example.org#top",
        "https://ada:canary@door.example.org",  # pragma: allowlist secret
        "https://[::1",
    ],
)
def test_an_address_where_no_page_of_ours_would_be(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert wrong(monkeypatch, BASE_URL=typed) == (
        "base_url (environment variable HOMEROOM_BASE_URL): must be a host without a path, "
        "such as https://door.example.org"
    )


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("HTTPS://Door.example.org/", "https://Door.example.org"),
        (" https://door.example.org:8443", "https://door.example.org:8443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://schön.example", "https://schön.example"),
    ],
)
def test_an_address_as_people_type_it(monkeypatch: pytest.MonkeyPatch, typed: str, read: str) -> None:
    monkeypatch.setenv("HOMEROOM_BASE_URL", typed)
    assert load().base_url == read


@pytest.mark.parametrize(("typed", "read"), [("::", "::"), ("[::1]", "::1"), (" 0.0.0.0 ", "0.0.0.0")])
def test_where_to_listen(monkeypatch: pytest.MonkeyPatch, typed: str, read: str) -> None:
    monkeypatch.setenv("HOMEROOM_WEB__HOST", typed)
    assert load().web.host == read


def test_nowhere_to_listen_is_not_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "must be an address of this machine" in wrong(monkeypatch, WEB__HOST="")


def test_a_secret_that_was_kept_as_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_SLACK__SIGNING_SECRET", "abc\r\n")
    monkeypatch.setenv("HOMEROOM_DATABASE_URL", " sqlite:///homeroom.db\n")
    settings = load()
    assert settings.slack.signing_secret.get_secret_value() == "abc"
    assert settings.database_url == "sqlite:///homeroom.db"


def test_a_command_with_its_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_SLACK__COMMAND", "/door")
    assert load().slack.command == "door"


def test_all_problems_are_told_at_once_with_their_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("HOMEROOM_CODES__RUSH=few\nHOMEROOM_WEB__PORT=1\nOTHER=mine\n")
    monkeypatch.setenv("HOMEROOM_WEB__PORT", "many")
    told = in_file(monkeypatch, "[mail]\nport = 0\n[web]\nport = 7\n")
    assert sorted(told.splitlines()) == [
        "codes.rush (.env, HOMEROOM_CODES__RUSH): must be a whole number",
        "mail.port (own.toml): must be at least 1",
        "web.port (environment variable HOMEROOM_WEB__PORT): must be a whole number",
    ]


def test_the_environment_wins_over_dotenv_and_that_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own.toml").write_text("[web]\nport = 1\nhost = '::1'\n[codes]\nrush = 1\n")
    Path(".env").write_text("HOMEROOM_CONFIG=own.toml\nHOMEROOM_WEB__PORT=2\nHOMEROOM_CODES__RUSH=2\n")
    monkeypatch.setenv("HOMEROOM_WEB__PORT", "3")
    settings = load()
    assert (settings.web.port, settings.codes.rush, settings.web.host) == (3, 2, "::1")


def test_variables_in_dotenv_that_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("HOMEROOM_DISCORD_TOKEN=canary\nPATH_OF_MINE=/\n")
    told = wrong(monkeypatch, MAIL="x")
    assert told.splitlines() == [
        "HOMEROOM_MAIL is a section: set the settings in it, such as HOMEROOM_MAIL__HOST.",
        "HOMEROOM_DISCORD_TOKEN (.env) is not a setting; did you mean HOMEROOM_DISCORD__TOKEN?",
    ]


@pytest.mark.parametrize(
    ("written", "line"),
    [("HOMEROOM_WEB__PORT: 81\n", 1), ("# mine\nA=1\nset -a\n", 3), ("A='1\nHOMEROOM_WEB__PORT=81\n", 1)],
)
def test_a_line_in_dotenv_is_not_passed_over(written: str, line: int) -> None:
    Path(".env").write_text(written)
    with pytest.raises(BadSettings, match=rf"^\.env, line {line}: is not a setting; write it like "):
        load()


def test_a_dotenv_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes(b"HOMEROOM_WEB__PORT=\xe9\n")
    with pytest.raises(BadSettings, match=r"^\.env cannot be read: it is not UTF-8 text\.$"):
        load()

    def hidden(_: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    # As where the folder of a container belongs to root.
    monkeypatch.setattr(Path, "is_file", hidden)
    with pytest.raises(
        BadSettings, match=r"^\.env in the folder where Homeroom is started cannot be read: Perm"
    ):
        load()


def test_a_rule_that_needs_another_setting_names_the_one_that_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = in_file(monkeypatch, "[mail]\nhost = 'mail.example.org'\n")
    assert told == "mail (own.toml): mail.sender is missing: mail.host needs it"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"web = "])
def test_a_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    Path("own.toml").write_bytes(content)
    assert wrong(monkeypatch, CONFIG="own.toml").startswith("own.toml cannot be read: ")


def test_a_folder_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own.toml").mkdir()
    assert wrong(monkeypatch, CONFIG="own.toml") == "own.toml cannot be read: Is a directory."
