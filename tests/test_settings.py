"""Settings as operators write them, and what they are told when something is wrong."""

import stat
from pathlib import Path

import pytest

from bot.settings import BadSettings, load
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


@pytest.mark.parametrize("typed", ["bob", "[", '{"a": 1}', "discord:1 slack:2,bob"])
def test_what_is_no_account_is_named(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    assert "HOMEROOM_SYSTEM_ADMINISTRATORS" in wrong(monkeypatch, SYSTEM_ADMINISTRATORS=typed)


def test_a_variable_that_is_no_setting_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    told = wrong(monkeypatch, DISCORD_TOKEN="x", ZZZZZZZZZ="1")
    assert told.splitlines() == [
        "HOMEROOM_DISCORD_TOKEN is no setting; do you mean HOMEROOM_DISCORD__TOKEN?",
        "HOMEROOM_ZZZZZZZZZ is no setting.",
    ]


def test_a_setting_that_a_section_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(monkeypatch, WEB__PROT="1").startswith("web.prot (environment variable HOMEROOM_WEB__PROT)")


def test_a_rule_of_a_section_names_where_it_was_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(monkeypatch, WEB__PLAYGROUND="true").startswith("web (environment variable HOMEROOM_WEB)")


def test_a_file_that_is_no_toml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("web = ")
    assert wrong(monkeypatch, CONFIG="own.toml").startswith("own.toml cannot be read: Invalid value")
    assert (
        wrong(monkeypatch, CONFIG="other.toml") == "HOMEROOM_CONFIG names other.toml, which does not exist."
    )


def test_a_key_file_is_made_for_its_owner_alone_and_read_again(tmp_path: Path) -> None:
    key = load().key()
    made = tmp_path / "var" / "secret.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert load().key() == key
    made.write_text("nonsense")
    with pytest.raises(ValueError, match=r"The secret key in var/secret.key must be 64 hexadecimal digits"):
        load().key()


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
    assert Bounds(**dict(load().rosters)) == Bounds()
    monkeypatch.setenv("HOMEROOM_ROSTERS__ROWS", "9")
    assert Bounds(**dict(load().rosters)).rows == 9
    assert wrong(monkeypatch, ROSTERS__ROWS="0").startswith("rosters.rows (environment variable")
