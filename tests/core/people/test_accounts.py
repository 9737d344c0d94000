"""Linked accounts: one person on several platforms."""

from datetime import timedelta
from textwrap import dedent

import pytest

from bot.core.ids import normal_code
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller, Platform
from tests.core.door import Door, heard, maple
from tests.core.logged import Log
from tests.world import caller

DESK = caller("nora", platform=Platform.SLACK, workspace="T1")


def code_in(said: str) -> str:
    """Return the one-time code in a text."""
    words = said.replace("code:", " ").replace(".", " ").split()
    return next(word for word in words if normal_code(word))


async def linking_code(door: Door, who: Caller | str) -> str:
    """Ask for a linking code as a person; return it."""
    slash = "/homeroom " if isinstance(who, Caller) and who.platform is Platform.SLACK else "/"
    return code_in(heard(await door.says(who, f"{slash}account link")))


async def _member(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")


async def test_an_account_joins_whoever_asked_for_the_code(door: Door) -> None:
    await _member(door)
    code = await linking_code(door, "nora")
    before = await door.audited()
    assert "you are Nora" in heard(await door.says(DESK, f"/homeroom account link {code}"))
    assert [*before, "account.linked"] == await door.audited()
    assert "Maple Grove\nViewer\nActive" in heard(await door.says(DESK, "/homeroom me"))
    said = heard(await door.says("nora", "/account show"))
    assert "Web\nnora\nYou are using this one\nSlack\nnora" in said


async def test_a_code_links_one_account_once_and_for_a_day(door: Door) -> None:
    await _member(door)
    old = await linking_code(door, "nora")
    new = await linking_code(door, "nora")
    assert "cannot be used" in heard(await door.says(DESK, f"/homeroom account link {old}"))
    await door.says(DESK, f"/homeroom account link {new}")
    before = await door.tables()
    assert "cannot be used" in heard(await door.says("eve", f"/account link {new}"))
    late = await linking_code(door, "nora")
    door.clock.forward(timedelta(hours=24))
    for typed in (late, "nonsense", "2222-3333-44444"):
        assert "cannot be used" in heard(await door.says("eve", f"/account link {typed}"))
    assert await door.tables() != before, "only the new code was made"
    assert "Eve" not in await door.members()


async def test_a_code_for_something_else_links_no_account(door: Door) -> None:
    await _member(door)
    code = code_in(heard(await door.says(caller("ada", administers=True), "/school share")))
    assert "cannot be used" in heard(await door.says(DESK, f"/homeroom account link {code}"))


async def test_ones_own_code_is_no_use_to_oneself(door: Door) -> None:
    await _member(door)
    code = await linking_code(door, "nora")
    before = await door.tables()
    assert "are both yours already" in heard(await door.says("nora", f"/account link {code}"))
    assert await door.tables() == before


async def test_at_least_one_account_stays(door: Door) -> None:
    await _member(door)
    await door.says(DESK, f"/homeroom account link {await linking_code(door, 'nora')}")
    assert "I cannot find that account" in heard(await door.says("nora", "/account unlink discord"))
    assert "Slack account unlinked" in heard(await door.says("nora", '/account unlink account:"slack:nora"'))
    assert "You are not in a school yet" in heard(await door.says(DESK, "/homeroom me"))
    before = await door.tables()
    assert "That is your only account" in heard(await door.says("nora", "/account unlink web"))
    assert "I do not know you yet" in heard(await door.says("eve", "/account unlink web"))
    assert await door.tables() == before


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive"])
async def test_barred_members_cannot_unlink_accounts(door: Door, verb: str) -> None:
    """An unlinked account could join again by a code."""
    await _member(door)
    await door.says(DESK, f"/homeroom account link {await linking_code(door, 'nora')}")
    await door.says("ada", f"/member {verb} nora")
    before = await door.tables()
    assert "Your membership in Maple Grove is" in heard(await door.says("nora", "/account unlink slack"))
    assert await door.tables() == before


async def test_nobody_sees_or_unlinks_anothers_account(door: Door) -> None:
    await _member(door)
    assert "nora" not in heard(await door.says("omar", "/account show"))
    before = await door.tables()
    assert "I cannot find that account" in heard(
        await door.says("omar", '/account unlink account:"web:nora"')
    )
    assert await door.tables() == before


async def test_the_audit_log_names_no_account(door: Door) -> None:
    await _member(door)
    desk = caller("canary-subject", platform=Platform.SLACK, workspace="T1")
    await door.says(desk, f"/homeroom account link {await linking_code(door, 'nora')}")
    await door.says("nora", "/account unlink slack")
    assert "canary" not in repr(await door.audit_entries())


async def test_the_log_tells_of_which_platform_an_account_came_and_went(door: Door) -> None:
    """Eve is not known before she asks for a code, which creates her person."""
    log = Log(door)
    code = await linking_code(door, "eve")
    await door.says(DESK, f"/homeroom account link {code}")
    await door.says(DESK, "/homeroom account unlink web")
    assert await log.fresh() == dedent("""\
        Eve (web, nowhere) account.link_offered person:Eve
        Eve (slack, nowhere) account.linked person:Eve
          - -> issuer=slack
        Eve (slack, nowhere) account.unlinked person:Eve
          issuer=web -> -
        """)


async def test_a_person_is_locked_before_their_accounts_change(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linking and unlinking at the same time wait for each other, and lose no account."""
    await _member(door)
    await door.says("leo", f"/join {await door.code()}")
    held: list[str] = []

    def person(uow: UnitOfWork, name: str) -> str:
        found = uow.people.by_account(caller(name).account)
        assert found is not None
        return found.id

    def spied(uow: UnitOfWork) -> tuple[str, str]:
        monkeypatch.setattr(type(uow.accounts), "lock", lambda _, ids: held.extend(ids))
        return person(uow, "nora"), person(uow, "leo")

    nora, leo = await door.database.read(spied)
    for who, line, expected in (
        (DESK, "/homeroom account link {code}", {nora}),
        ("leo", "/account link {code}", {nora, leo}),
        ("nora", "/account unlink slack", {nora}),
    ):
        code = await linking_code(door, "nora")
        held.clear()
        await door.says(who, line.format(code=code))
        assert set(held) == expected, line


async def test_an_account_that_was_linked_at_that_moment_is_linked_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _member(door)
    code = await linking_code(door, "nora")
    before = await door.known()
    await door.database.read(lambda uow: monkeypatch.setattr(type(uow.accounts), "link", lambda *_: False))
    assert "are both yours already" in heard(await door.says(DESK, f"/homeroom account link {code}"))
    assert await door.known() == before, "and the code is not used up"


async def test_a_stranger_has_no_account_to_show(door: Door) -> None:
    before = await door.tables()
    told = heard(await door.says("eve", "/account show"))
    assert "eve" not in told
    assert await door.tables() == before
