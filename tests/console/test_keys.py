"""An operator replaces the secret key on one machine: each step names the next one."""

import asyncio
import stat
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app import open_application
from bot.core.keys import rotation as key_rotation
from bot.core.keys.rotation import WrongKey
from bot.core.ports import UnitOfWork
from bot.jobs.sweeps import sweep, sweeps
from bot.settings import Settings, load
from tests.console.looking import done, found
from tests.storage.build import invitation, person, school

KEY = Path("var/secret.key")
(KEYS,) = (one for one in sweeps() if one.name == "secret keys")


def _invites(uow: UnitOfWork) -> str:
    return invitation(uow, school(uow), person(uow)).code


async def _runs(settings: Settings) -> None:
    """Let Homeroom run for a moment."""
    async with open_application(settings) as application:
        await sweep(application.database, KEYS)


def _text() -> str:
    return KEY.read_text()


def _mode() -> int:
    return stat.S_IMODE(KEY.stat().st_mode)


def _files() -> list[str]:
    """Name all in the folder but the database."""
    return sorted(one.name for one in KEY.parent.iterdir() if not one.name.startswith("homeroom.db"))


def _lost() -> None:
    KEY.unlink()


def _put_back(text: str) -> None:
    KEY.write_text(text)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


async def _typed(*words: str) -> int:
    """Type a command; it has an event loop of its own."""
    return await asyncio.to_thread(main, ["key", *words])


async def test_a_key_is_replaced_step_by_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await done(load(), _invites)
    assert await _typed("status") == 0
    assert "Everything is sealed with this one key." in said(capsys)
    assert await _typed("drop") == 2

    before = _text()
    assert await _typed("new") == 0
    assert "now has a new key" in said(capsys)
    assert _text().endswith(before)
    assert len(_text().split()) == 2
    assert (_mode(), _files()) == (0o600, [KEY.name])
    assert await _typed("status") == 1
    assert "comes into use when Homeroom starts" in said(capsys)
    assert await _typed("new") == 1
    assert "finish that change first" in said(capsys)
    assert "comes into use when Homeroom starts" in (await found("secret key"))[1].told

    await _runs(load())
    assert await _typed("status") == 1
    assert "Everything is sealed again. Keep" in said(capsys)
    assert await _typed("drop") == 2
    monkeypatch.setattr(key_rotation, "KEPT", key_rotation.LEASE * 0)
    await _runs(load())
    assert await _typed("status") == 0
    assert "run homeroom key drop" in said(capsys)
    assert await _typed("drop") == 0
    assert "now has one key" in said(capsys)
    assert _text() not in ("", before)
    assert len(_text().split()) == 1
    assert await _typed("status") == 0
    assert await done(load(), lambda uow: uow.invitations.by_code(code)) is not None


async def test_replicas_that_have_not_all_been_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    async with open_application(load()):
        assert await _typed("new") == 0
        capsys.readouterr()
        assert await _typed("status") == 1
        assert "first key of every replica (1 now). Put it first in the settings of each" in said(capsys)
    async with open_application(load()) as application:
        await _typed("status")
        assert "comes into use within seconds" in said(capsys)
        await application.database.run(_invites)
        assert "does not fit" not in str(await found("secret key"))


async def test_a_key_in_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = "ab" * 32, "cd" * 32
    monkeypatch.setenv("HOMEROOM_SECRET_KEY", older)
    await done(load(), _invites)
    assert await _typed("new") == 2
    assert "Put a new one before it there" in said(capsys)
    monkeypatch.setenv("HOMEROOM_SECRET_KEY", f"{newer}, {older}")
    monkeypatch.setattr(key_rotation, "KEPT", key_rotation.LEASE * 0)
    await done(load(), lambda uow: uow.secret_keys.replace(uow.now))
    await _typed("status")
    assert "Still to be sealed again, while Homeroom runs: 1." in said(capsys)
    await _runs(load())
    await _runs(load())
    assert await _typed("status") == 0
    assert "remove it from HOMEROOM_SECRET_KEY" in said(capsys)
    assert await _typed("drop") == 2
    monkeypatch.setenv("HOMEROOM_SECRET_KEY", newer)
    assert await _typed("status") == 0


async def test_a_file_that_cannot_be_changed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await done(load(), _invites)
    before = _text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as now:
        now.setattr("os.fsync", full)
        assert await _typed("new") == 1
    assert "cannot be changed: No space left on device" in capsys.readouterr().err
    assert _text() == before
    assert _files() == [KEY.name]


async def test_a_key_that_was_lost_is_not_made_anew() -> None:
    async with open_application(load()):
        pass
    kept = _text()
    _lost()
    for _ in range(2):
        with pytest.raises(WrongKey, match=r"There is no secret key in var/secret.key, but this database"):
            await _runs(load())
    assert _files() == []
    _put_back(kept)
    await _runs(load())
