"""Transferring one person's records to another: exactly what the plan shows is done."""

import sqlite3
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.chat.replies import Reply
from bot.commands import transfer
from bot.core.rights.actors import AccountKey
from tests.core.broadcasts import drafted
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import signed_in
from tests.world import caller

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "observations"
NIA = signed_in("nia", "nia@example.org")


async def _school(door: Door) -> None:
    """Make a school in which Omar has made two invitations and decided two requests; Nora is Staff."""
    await maple(door, 'approval:"by request"', invite=None)
    await door.says("omar", "/invite create note:first")
    await door.says("omar", "/invite create note:second")
    code = await door.code()
    for who in ("nora", "theo"):
        await door.says(who, f"/join {code}")
    nora, theo = await door.requests()
    await door.clicks("omar", "request approve", request=nora.id, role="Staff")
    await door.clicks("omar", "request reject", request=theo.id)


async def _agree(door: Door, told: Reply, who: str = "ada") -> Reply:
    action = actions_in(told)["Transfer"]
    return await door.clicks(who, action.command, **action.values)


async def test_the_plan_shows_what_is_then_done_and_one_entry_says_so(door: Door) -> None:
    await _school(door)
    await door.says("ada", '/member roles person:nora roles:"School Admin"')
    before, entries = await door.tables(), await door.audited()
    told = await door.says("ada", "/member transfer person:omar to:nora")
    assert "Invitations made\n2" in heard(told)
    assert "Requests decided\n1" in heard(told), "the one about Nora stays: nobody decides their own"
    assert await door.tables() == before
    said = heard(await _agree(door, told))
    assert said.startswith("The records of Omar now belong to Nora\nInvitations made\n2\nRequests decided\n1")
    assert Counter(await door.audited()) - Counter(entries) == {"member.records_transferred": 1}
    nora = await _person(door, "nora")
    made = [one.created_by for one in await door.invitations() if one.note]
    assert made == [nora, nora]
    await door.says("eve", f"/join {await door.code()}")
    assert len(await door.requests()) == 1, "the invitation works on under its new owner"
    assert "Nothing was changed" in heard(await door.says("ada", "/member transfer person:omar to:nora"))


async def _person(door: Door, name: str) -> str:
    person = await door.database.read(lambda uow: uow.people.by_account(AccountKey("web", name)))
    assert person is not None
    return person.id


async def test_a_plan_goes_stale_when_the_facts_change(door: Door) -> None:
    await _school(door)
    told = await door.says("ada", "/member transfer person:omar to:nora")
    await door.says("omar", "/invite create note:third")
    before = await door.tables()
    again = await _agree(door, told)
    assert "Things have changed since you looked" in heard(again)
    assert "Invitations made\n3" in heard(again)
    assert await door.tables() == before
    assert "now belong to Nora" in heard(await _agree(door, again))


async def test_what_would_stop_working_is_said(door: Door) -> None:
    await _school(door)
    told = heard(await door.says("ada", "/member transfer person:omar to:nora"))
    assert "2 open invitations stop working, because Nora may not invite with their role" in told


async def test_scheduled_messages_that_the_heir_may_not_send_are_said(door: Door) -> None:
    await _school(door)
    line = "/member transfer person:omar to:nora"
    for at in ("at:1d", "at:2d"):
        broadcast = await drafted(door, "omar", at)
        assert not (await door.clicks("omar", "message later", broadcast=broadcast)).refused
    await drafted(door, "omar")
    told = heard(await door.says("ada", line))
    assert "Messages to many\n3" in told
    assert "2 scheduled messages do not go out, because Nora may not send them" in told
    stale = actions_in(await door.says("ada", line))["Transfer"]
    await door.says("ada", '/member roles person:nora roles:"School Admin"')
    told = heard(await door.clicks("ada", stale.command, **stale.values))
    assert "Things have changed since you looked" in told
    assert "do not go out" not in told


async def test_the_source_is_removed_if_that_is_wanted(door: Door) -> None:
    await _school(door)
    told = await door.says("ada", "/member transfer person:omar to:nora remove:yes")
    assert "Omar is removed from Maple Grove" in heard(told)
    await _agree(door, told)
    assert "Omar" not in await door.members()
    assert "You may not" in heard(await door.says("omar", "/member list"))


async def test_being_primary_passes_on_to_an_admin(door: Door) -> None:
    await _school(door)
    line = "/member transfer person:ada to:{} primary:yes"
    assert "Only an active School Admin can become Primary" in heard(
        await door.says("omar", line.format("nora"))
    )
    await door.says("ada", "/school bill_to name:Adas email:adas@example.org reference:PO-77")
    assert "You cannot change your own" in heard(await door.says("omar", line.format("omar")))
    told = await door.says("ada", line.format("omar"))
    assert "Primary Admin\nPasses on" in heard(told)
    await _agree(door, told, "ada")
    billed = heard(await door.says("omar", "/school billing"))
    assert ("PO-77" in billed, "adas" in billed.casefold()) == (True, False)
    assert "Primary Admin\nOmar" in heard(await door.says("ada", "/school show"))
    assert "Nothing was changed" in heard(
        await door.says("omar", "/member transfer person:nora to:omar primary:yes")
    )


@pytest.mark.parametrize(
    ("who", "line", "why"),
    [
        ("omar", "/member transfer person:ada to:omar remove:yes", "the Primary Admin of Maple Grove"),
        ("omar", "/member transfer person:ada to:omar primary:yes remove:yes", "the Primary Admin of"),
        ("omar", "/member transfer person:omar to:ada remove:yes", "You cannot change your own"),
        ("omar", "/member transfer person:omar to:omar", "the same person twice"),
        ("nora", "/member transfer person:omar to:nora", "You may not transfer"),
        ("stranger", "/member transfer person:omar to:nora", "You may not transfer"),
        ("ada", "/member transfer person:omar to:theo", "Nothing was changed. How it stands: rejected"),
        ("ada", "/member transfer person:omar to:nobody", "I cannot find that member"),
    ],
)
async def test_what_is_refused_changes_nothing(door: Door, who: str, line: str, why: str) -> None:
    await _school(door)
    before = await door.tables()
    assert why in heard(await door.says(who, line))
    assert await door.tables() == before


async def test_a_button_is_no_right(door: Door) -> None:
    await _school(door)
    action = actions_in(await door.says("ada", "/member transfer person:omar to:nora remove:yes"))["Transfer"]
    before = await door.tables()
    for who in ("nora", "theo", "stranger"):
        assert "You may not" in heard(await door.clicks(who, action.command, **action.values))
    assert await door.tables() == before


@pytest.fixture
def observations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install the example as pip would: its module, and the entry points that its project names."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    made = tmp_path / "site" / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    made.mkdir(parents=True)
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    groups = (
        "\n".join([f"[{group}]", *(f"{name} = {where}" for name, where in points.items())])
        for group, points in project["entry-points"].items()
    )
    (made / "entry_points.txt").write_text("\n".join(groups))
    monkeypatch.syspath_prepend(str(made.parent))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    file = tmp_path / "observations.db"
    monkeypatch.setenv("OBSERVATIONS_FILE", str(file))
    transfer.plug_ins.cache_clear()
    yield file
    transfer.plug_ins.cache_clear()
    sys.modules.pop("homeroom_observations", None)


def _observe(file: Path, school: str, observer: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS observations (school, observer, teacher, noted)")
        connection.execute("INSERT INTO observations VALUES (?, ?, 't', 'calm')", (school, observer))


def _observers(file: Path) -> Counter[tuple[str, str]]:
    with sqlite3.connect(file) as connection:
        return Counter(connection.execute("SELECT school, observer FROM observations").fetchall())


async def test_other_systems_join_in(door: Door, observations: Path) -> None:
    await _school(door)
    school = (await door.school()).id
    omar, nora = await _person(door, "omar"), await _person(door, "nora")
    for of, observer in ((school, omar), (school, omar), ("another school", omar), (school, nora)):
        _observe(observations, of, observer)
    told = await door.says("ada", "/member transfer person:omar to:nora")
    assert "Observations\n2" in heard(told)
    assert _observers(observations)[school, omar] == 2
    _observe(observations, school, omar)
    told = await _agree(door, told)
    assert "Things have changed" in heard(told), "what other systems have goes stale too"
    assert "Observations\n3" in heard(await _agree(door, told))
    assert _observers(observations) == {(school, nora): 4, ("another school", omar): 1}
    entry = next(one for one in await door.audit_entries() if one.action == "member.records_transferred")
    assert entry.new["Observations"] == 3


async def test_if_another_system_fails_nothing_is_transferred(
    door: Door, observations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _school(door)
    _observe(observations, (await door.school()).id, await _person(door, "omar"))
    told = await door.says("ada", "/member transfer person:omar to:nora")
    before = await door.tables()

    def broken(*_: object) -> int:
        raise OSError

    monkeypatch.setattr("homeroom_observations.Observations.apply", broken)
    action = actions_in(told)["Transfer"]
    reply = await door.runner.act(action, caller("ada"))
    assert "Something went wrong on my side, and nothing was changed" in heard(reply)
    assert await door.tables() == before


async def test_a_transfer_can_be_agreed_from_another_workspace(door: Door) -> None:
    await _school(door)
    school = await door.school()
    elsewhere = caller("root", workspace="elsewhere")
    told = await door.says(elsewhere, f"/member transfer person:omar to:nora school:{school.id}")
    do = actions_in(told)["Transfer"]
    assert "Omar now belong to Nora" in heard(await door.clicks(elsewhere, do.command, **do.values))


async def _invited(door: Door, roles: str) -> str:
    """Let Omar invite Nia with these roles; return the invitation's id."""
    await door.says("omar", f'/invite person to:nia@example.org name:Nia roles:"{roles}"')
    return (await door.invitations())[0].id


async def test_no_role_wakes_up_that_the_actor_may_not_give(door: Door) -> None:
    """Omar has lost what he offered beside the first role; in Ada's name it would be good again."""
    await _school(door)
    await _invited(door, "Staff, School Admin")
    clerk = "member.read, member.transfer, invitation.create, role.grant"
    await door.says("ada", f'/role create name:Clerk permissions:"{clerk}"')
    await door.says("ada", "/member roles person:nora roles:Clerk")
    await door.says("ada", "/member roles person:omar roles:Staff")
    before = await door.tables()
    assert "You may not give the role School Admin" in heard(
        await door.says("nora", "/member transfer person:omar to:ada")
    )
    assert await door.tables() == before


async def test_an_offer_elsewhere_is_not_woken_from_here(door: Door) -> None:
    """Omar and Nora admin both schools; Omar is removed from the other, where Ada has no say."""
    await maple(door, invite=None)
    await door.says("ada", '/member roles person:omar roles:"School Admin"')
    bea = caller("bea", administers=True)
    await door.says(bea, '/school create "Oak" approval:automatic')
    admins = (("Oak", "bea", "omar"), ("Oak", "bea", "nora"), ("Maple Grove", "ada", "nora"))
    for school, admin, who in admins:
        await door.says(admin, f'/invite create role:"School Admin" uses:1 school:"{school}"')
        await door.says(who, f"/join {(await door.invitations_of(school))[0].code}")
    line = '/invite person to:nia@example.org name:Nia roles:Staff school:"Maple Grove" schools:Oak'
    assert "Preview" in heard(await door.says("omar", line))
    await door.says("bea", "/member remove person:omar school:Oak")
    before = await door.tables()
    told = heard(await door.says("ada", '/member transfer person:omar to:nora school:"Maple Grove"'))
    assert "You may not give the role Staff" in told
    assert await door.tables() == before


async def test_an_offer_of_which_a_part_is_lost_is_told_of(door: Door) -> None:
    """Omar admins two schools and invites to both; Nora admins one of them."""
    await maple(door, invite=None)
    await door.says("ada", '/member roles person:omar roles:"School Admin"')
    bea = caller("bea", administers=True)
    await door.says(bea, '/school create "Oak" approval:automatic')
    for school, admin, who in (("Oak", "bea", "omar"), ("Maple Grove", "ada", "nora")):
        await door.says(admin, f'/invite create role:"School Admin" uses:1 school:"{school}"')
        await door.says(who, f"/join {(await door.invitations_of(school))[0].code}")
    for name in ("nia", "mia"):
        line = f"/invite person to:{name}@example.org name:{name} roles:Staff"
        assert "Preview" in heard(await door.says("omar", f'{line} school:"Maple Grove" schools:Oak'))
    one = '/invite person to:ida@example.org name:Ida roles:Staff school:"Maple Grove"'
    assert "Preview" in heard(await door.says("omar", one))
    reply = await door.says("ada", '/member transfer person:omar to:nora school:"Maple Grove"')
    told = heard(reply)
    assert "2 open invitations give only a part of what they offer: Nora may not invite to the rest" in told
    assert "stop working" not in told
    await door.says("bea", "/member remove person:omar school:Oak")
    again = heard(await door.says("ada", '/member transfer person:omar to:nora school:"Maple Grove"'))
    assert "only a part" not in again, "Omar could not let them in there any more either"


@pytest.mark.parametrize("end", ["decline", "clear", "accept"])
async def test_what_was_answered_or_taken_back_stops_no_more(door: Door, end: str) -> None:
    await _school(door)
    made = await _invited(door, "Staff")
    told = heard(await door.says("ada", "/member transfer person:omar to:nora"))
    assert "3 open invitations stop working" in told
    await door.clicks("omar" if end == "clear" else NIA, f"invite {end}", invitation=made)
    told = heard(await door.says("ada", "/member transfer person:omar to:nora"))
    assert "2 open invitations stop working" in told


async def test_whoever_is_removed_is_invited_no_more(door: Door) -> None:
    await _school(door)
    await door.says("ada", "/invite person to:nora roles:Teacher")
    made = (await door.invitations())[0]
    await door.clicks("ada", "invite send", invitation=made.id)
    told = await door.says("ada", "/member transfer person:nora to:omar remove:yes")
    await _agree(door, told)
    assert "Your invitation is cleared" in heard(
        await door.clicks("nora", "invite accept", invitation=made.id)
    )
    assert "Nora" not in await door.members()
