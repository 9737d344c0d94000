"""The exported audit log is intact as written, and any change in it is found and named."""

import asyncio
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.__main__ import main
from bot.chat.replies import Card, File
from bot.core import audit_lines, claims
from bot.core.audit_lines import Flaw, Verdict, verify
from bot.core.ports import UnitOfWork
from tests.core.door import Door, actions_in, door_of, heard, maple, table_in
from tests.world import KEY, open_world, sqlite_url

Lines = list[str]


async def _exported(door: Door, *more: str) -> tuple[str, bytes]:
    await maple(door)
    for note in more:
        await door.says("ada", f"/invite create note:{note}")
    return _file(await door.says("ada", "/audit export"))


def _file(reply: Any) -> tuple[str, bytes]:
    assert isinstance(reply.answer, Card)
    (file,) = (block for block in reply.answer.blocks if isinstance(block, File))
    return file.name, file.content


async def _lines(door: Door) -> Lines:
    _, content = await _exported(door, "a", "b", "c")
    return content.decode().splitlines()


async def test_what_is_exported_is_whole(door: Door) -> None:
    lines = await _lines(door)
    school = await door.school()
    count = len(await door.audit_entries()) - 1  # the last one notes the export
    assert verify(lines) == [Verdict(school.id, 1, count)]
    assert len(lines) == count + 1


def _edited(place: int, **values: object) -> Callable[[Lines], Lines]:
    def change(lines: Lines) -> Lines:
        content = {**json.loads(lines[place]), **values}
        return [*lines[:place], json.dumps(content), *lines[place + 1 :]]

    return change


TAMPERED: dict[str, tuple[Callable[[Lines], Lines], int, Flaw]] = {
    "an actor": (_edited(2, actor_id="someone else"), 3, Flaw.HASH),
    "a value": (_edited(2, new={"uses_allowed": 5}), 3, Flaw.HASH),
    "a time": (_edited(0, at="2020-01-01T00:00:00+00:00"), 1, Flaw.HASH),
    "a hash": (_edited(2, hash="0" * 64), 3, Flaw.HASH),
    "a number": (_edited(2, number=9), 3, Flaw.NUMBER),
    "a previous hash": (_edited(2, previous="0" * 64), 3, Flaw.PREVIOUS),
    "a field more": (_edited(2, comment="x"), 3, Flaw.UNREADABLE),
    "no time": (_edited(2, at="yesterday"), 3, Flaw.UNREADABLE),
    "one dropped": (lambda lines: [*lines[:2], *lines[3:]], 3, Flaw.NUMBER),
    "the last dropped": (lambda lines: [*lines[:-2], lines[-1]], 7, Flaw.END),
    "the end dropped": (lambda lines: lines[:-1], 8, Flaw.END),
    "one inserted": (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4, Flaw.NUMBER),
    "two in each other's place": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 3, Flaw.NUMBER),
}


@pytest.mark.parametrize("how", TAMPERED)
async def test_what_was_tampered_with_is_named(door: Door, how: str) -> None:
    change, number, flaw = TAMPERED[how]
    (found,) = verify(change(await _lines(door)))
    assert (found.last + 1, found.flaw) == (number, flaw)


async def test_a_chain_made_anew_from_a_change_on_is_told_from_the_database(door: Door) -> None:
    """Anyone can compute a new chain, since it has no key; but it does not match the stored head."""
    await _lines(door)
    school = await door.school()

    def unit(uow: UnitOfWork) -> Verdict:
        number, _ = uow.audit.head(school.id)
        return audit_lines.verify_stored(school.id, uow.audit.chain(school.id), (number, "0" * 64))

    assert (await door.database.read(unit)).flaw is Flaw.END


async def test_every_single_character_counts(door: Door) -> None:
    lines = await _lines(door)
    dice = random.Random(7)
    for _ in range(300):
        place = dice.randrange(len(lines))
        at = dice.randrange(len(lines[place]))
        other = dice.choice([one for one in '0a}"x' if one != lines[place][at]])
        changed = [*lines]
        changed[place] = lines[place][:at] + other + lines[place][at + 1 :]
        assert any(one.flaw for one in verify(changed)), changed[place]


async def test_parts_fit_together(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["bot.commands.audit"], "_IN_FILE", 4)
    await _lines(door)
    reply = await door.says("ada", "/audit export")
    parts = [_file(reply)]
    while "Next part" in actions_in(reply):
        action = actions_in(reply)["Next part"]
        reply = await door.clicks("ada", action.command, **action.values)
        parts.append(_file(reply))
    assert len(parts) == 3, "each part is noted, so there is one entry more"
    first, second, third = (content.decode().splitlines() for _, content in parts)
    school, total = await door.school(), len(await door.audit_entries()) - 1
    assert verify([*first, *second, *third]) == [Verdict(school.id, 1, total)]
    assert verify([*second, *third]) == [Verdict(school.id, 5, total)]
    assert verify([*first, *second[1:]])[0].flaw is Flaw.NUMBER
    assert "no further entries" in heard(await door.says("ada", f"/audit export {total + 1}"))


async def test_only_who_may_read_the_log_exports_it(door: Door) -> None:
    await _exported(door)
    await door.says("nora", f"/join {await door.code()}")
    for who in ("nora", "stranger"):
        assert "You may not" in heard(await door.says(who, "/audit export"))


async def test_the_command_line_tells_which_entry_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        name, content = await _exported(door_of(world), "a")
    file = tmp_path / name
    file.write_bytes(content)
    assert main(["audit", "verify", str(file)]) == 0
    assert "intact: entries 1 to 5" in capsys.readouterr().out
    lines = content.decode().splitlines(keepends=True)
    file.write_text("".join([*lines[:2], *lines[3:]]), encoding="utf-8")
    assert main(["audit", "verify", str(file)]) == 1
    told = capsys.readouterr().out
    assert "BREAKS at entry 3" in told
    assert json.loads(lines[3])["id"] in told
    assert main(["audit", "verify", str(tmp_path / "nothing")]) == 2
    assert f"The file cannot be read: {tmp_path / 'nothing'}: No such file" in capsys.readouterr().err
    assert main(["audit", "verify", str(tmp_path)]) == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE audit_entries SET action = 'member.removed' WHERE number = 2", "BREAKS at entry 2"),
        ("UPDATE audit_entries SET actor_id = NULL WHERE number = 5", "BREAKS at entry 5"),
        ("DELETE FROM audit_entries WHERE number = 3", "BREAKS at entry 3"),
        ("DELETE FROM audit_entries WHERE number = 5", "BREAKS at entry 5"),
        ("SELECT 1", "intact: entries 1 to 6"),
    ],
)
def test_the_database_is_verified_too(
    tmp_path: Path,
    change: str,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fill() -> None:
        async with open_world(sqlite_url(tmp_path)) as world:
            await _exported(door_of(world), "a")

    asyncio.run(fill())
    engine = create_engine(sqlite_url(tmp_path))
    with engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()
    monkeypatch.setenv("HOMEROOM_DATABASE_URL", sqlite_url(tmp_path))
    monkeypatch.setenv("HOMEROOM_SECRET_KEY", KEY.hex())
    status = main(["audit", "verify"])
    out = capsys.readouterr().out
    assert told in out
    assert status == int("BREAKS" in told)


async def test_a_sheet_to_read_has_names_and_the_log_itself_has_none(door: Door) -> None:
    name, log = await _exported(door)
    await door.says("nora", f"/join {await door.code()}")
    await door.says("ada", "/member roles person:nora roles:Staff")
    offered = actions_in(await door.says("ada", "/audit export"))["With names, to read"]
    reply = await door.clicks("ada", offered.command, **offered.values)
    rows = table_in(reply)
    assert len(rows) == len(await door.audit_entries()) - 1
    *_, changed, exported = rows
    assert exported["what"] == "list exported"
    assert [changed[one] for one in ("who", "what", "to whom or what", "before", "after")] == (
        ["Ada", "role changed", "Nora", "roles: Viewer", "roles: Staff"]
    )
    found = await door.database.read(lambda uow: uow.people.by_id(changed["of id"].partition(":")[2]))
    assert found is not None
    assert found.name == "Nora"
    assert name.endswith(".jsonl")
    assert b"Ada" not in log


async def test_a_sheet_comes_in_parts_too(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["bot.commands.audit"], "_NAMED", 4)
    await _exported(door, "a", "b")
    reply = await door.says("ada", "/audit export names:yes")
    numbers = [row["number"] for row in table_in(reply)]
    while "Next part" in actions_in(reply):
        action = actions_in(reply)["Next part"]
        reply = await door.clicks("ada", action.command, **action.values)
        numbers += [row["number"] for row in table_in(reply)]
    assert numbers == [str(one + 1) for one in range(len(await door.audit_entries()) - 1)]
    assert "no further entries" in heard(await door.says("ada", "/audit export names:yes after:99"))


async def test_what_belongs_to_no_school_can_be_read_as_a_sheet(door: Door) -> None:
    code = await door.database.run(claims.offer_system_administrator)
    await door.says("ruth", f"/account claim {code}")
    await door.says("ruth", "/district create North")
    (*_, made) = table_in(await door.says("ruth", "/system export names:yes"))
    assert [made[one] for one in ("who", "what", "to whom or what", "after")] == (
        ["Ruth", "district created", "North", "name: North"]
    )
