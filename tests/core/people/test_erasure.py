"""Personal data is exported, and erased without breaking the audit chain."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.chat.replies import Card, File, Reply
from bot.core.invitations.invitations import Invitation, InvitationFilter
from bot.core.people import exports
from bot.core.people.holdings import RecordKind
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.values import replace
from tests.chains import flaws
from tests.core.door import Door, actions_in, door_of, heard, maple
from tests.core.people.test_accounts import linking_code
from tests.core.place import Place
from tests.world import START, World, caller, open_world, sqlite_url

CANARY = "canary"
NORA = replace(caller(f"{CANARY}web"), name=f"{CANARY.capitalize()} Finch")
DESK = replace(
    caller(f"{CANARY}desk", platform=Platform.SLACK, workspace="T1"), name=f"{CANARY} on the other side"
)
ADA = caller("ada", administers=True)


def file_in(reply: Reply) -> dict[str, list[dict[str, object]]]:
    """Read the file that a reply hands over."""
    assert isinstance(reply.answer, Card)
    (file,) = (block for block in reply.answer.blocks if isinstance(block, File))
    content: dict[str, list[dict[str, object]]] = json.loads(file.content)
    return content


def files_with_it(folder: Path) -> list[str]:
    """List the files of a closed database that still have the word in them."""
    return [one.name for one in folder.glob("homeroom.db*") if CANARY.encode() in one.read_bytes().lower()]


async def _story(door: Door) -> None:
    """Let a person leave traces everywhere: names, accounts, notes, decisions."""
    await maple(door, 'approval:"by request"', invite="/invite create uses:1 note:for-the-canary")
    await door.says(NORA, f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.clicks("ada", "request approve", request=request.id, role="School Admin")
    await door.says(
        "ada",
        f'/member edit person:"{NORA.name}" first_name:Canary last_name:Finch email:canary@example.org '
        "educator_id:canary-77",
    )
    await door.says(NORA, '/invite create note:"the canary sings" label:canary')
    assert "2 single-use codes" in heard(await door.says(NORA, "/invite batch count:2 label:canary-cage"))
    await door.says("theo", f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.clicks(NORA, "request reject", request=request.id, reason="canary says no")
    await door.says(DESK, f"/homeroom account link {await linking_code(door, NORA)}")
    await door.says("ada", '/member roles person:"Canary Finch" roles:Staff')


async def test_one_gets_all_that_is_held_about_oneself(door: Door) -> None:
    await _story(door)
    before = await door.tables()
    held = file_in(await door.says(NORA, "/account export"))
    assert await door.tables() == before
    assert held["person"]["email"] == "canary@example.org"  # type: ignore[call-overload]
    assert held.keys() == {
        *("exported_at", "person", "accounts", "password_changed_at", "memberships", "roles_elsewhere"),
        *(kind.value for kind in RecordKind),
        *("rosters", "identity_providers", "information_systems", "bills", "audit", "part", "more_parts"),
    }
    assert held["accounts"] == [
        {"issuer": "web", "subject": "canaryweb"},
        {"issuer": "slack", "subject": "canarydesk"},
    ]
    assert {"exported_at", "id", "name"} <= {*held, *held["person"]}
    for entry in held["audit"]:
        assert entry.keys() == {"at", "school_id", "action", "subject", "front", "by_themselves"}
    assert [(one["school"], one["roles"]) for one in held["memberships"]] == [("Maple Grove", ["Staff"])]
    assert [one["note"] for one in held["invitations"] if one["note"]] == ["the canary sings"]
    assert [one["reason"] for one in held["decisions"]] == ["canary says no"]
    assert len(held["requests"]) == len(held["redemptions"]) == 1
    done = [one["action"] for one in held["audit"]]
    assert {"invitation.created", "join_request.rejected", "person.edited"} <= set(done)
    whole = json.dumps(held)
    for one in await door.invitations():
        assert one.code not in whole
        assert one.token not in whole
    assert "Ada" not in whole


def test_the_roles_that_one_has_over_schools_are_handed_over() -> None:
    place = Place()
    nia = place.member("nia", "Staff").person
    assert nia is not None
    place.uow.districts.assign(nia.id, DISTRICT_ADMIN.name, "north", by=None, at=START)
    held = exports.own(place.uow, nia)["roles_elsewhere"]
    assert held == [{"role": DISTRICT_ADMIN.name, "scope_kind": "district", "scope_id": "north"}]


async def test_the_record_of_schools_that_one_has_left_is_handed_over_too(door: Door) -> None:
    await maple(door)
    for who in ("nora", "ida"):
        await door.says(who, f"/join {await door.code()}")
    await door.says("ida", "/account edit zone:Europe/Berlin")
    told = await door.says("ida", f"/account link {await linking_code(door, 'nora')}")
    action = actions_in(told)["Link and merge"]
    await door.clicks("ida", action.command, **action.values)
    await door.says("ada", "/member remove nora")
    audit = file_in(await door.says("nora", "/account export"))["audit"]
    school = (await door.school()).id
    done = Counter((one["action"], one["school_id"], one["by_themselves"]) for one in audit)
    assert done == {
        ("invitation.redeemed", school, True): 2,
        ("member.removed", school, False): 1,
        ("person.edited", None, True): 1,
        ("account.link_offered", None, True): 1,
        ("person.merged", None, True): 1,
    }


def _of_oak_hill(uow: UnitOfWork) -> Sequence[Invitation]:
    (school,) = uow.schools.overseen(None, "Oak Hill", 9, whole=True)
    return uow.invitations.listed(school.id, InvitationFilter(), limit=9)


async def test_an_admin_gets_what_their_school_holds_and_that_is_recorded(door: Door) -> None:
    await _story(door)
    other = caller("bea", administers=True, workspace="elsewhere")
    await door.says(other, '/school create "Oak Hill" approval:automatic')
    invited = file_in(await door.says(other, "/account export"))["memberships"]
    assert [one["school"] for one in invited] == ["Oak Hill"]
    await door.says(other, "/invite create")
    (open_one,) = await door.database.read(_of_oak_hill)
    assert not (await door.says(NORA, f"/join {open_one.code}")).refused
    before = await door.audited()
    held = file_in(await door.says("ada", '/member export "Canary Finch"'))
    assert sorted([*before, "person.exported"]) == sorted(await door.audited())
    assert [one["school"] for one in held["memberships"]] == ["Maple Grove"]
    assert held["accounts"] == [{"issuer": "web"}, {"issuer": "slack"}]
    assert "Oak Hill" not in json.dumps(held)
    assert open_one.school_id not in json.dumps(held)
    assert len(held["redemptions"]) == 1
    assert "You may not" in heard(await door.says(NORA, "/member export ada"))


@pytest.mark.parametrize("whose", ["own", "an admin's"])
async def test_nothing_personal_is_left_and_the_chain_is_whole(
    world: World, whose: str, tmp_path: Path
) -> None:
    door = door_of(world)
    await _story(door)
    assert await door.database.read(flaws) == {None}
    assert CANARY in repr(await door.tables()).casefold()
    if whose == "own":
        asked = await door.says(NORA, "/account erase")
    else:
        asked = await door.says("ada", '/member erase "Canary Finch"')
    assert "Maple Grove" in heard(asked)
    action = actions_in(asked)["Erase"]
    count = len(await door.audit_entries())
    done = await door.clicks(NORA if whose == "own" else "ada", action.command, **action.values)
    assert "Memberships ended\n1" in heard(done)
    assert len(await door.audit_entries()) == count + 1
    assert await door.database.read(flaws) == {None}
    for name, table in (await door.tables()).items():
        assert CANARY not in repr(table).casefold(), name
    assert "Finch" not in repr(await door.tables())
    assert "person.erased" in await door.audited()
    assert CANARY not in heard(await door.says("ada", "/audit list")).casefold()
    await world.database.close()
    assert not files_with_it(tmp_path)


async def test_whoever_was_invited_is_not_written_to_any_more(door: Door) -> None:
    await maple(door)
    await door.says("ada", f'/invite person to:<@{CANARY}> name:"Canary Finch" roles:Staff')
    (before, *_) = await door.invitations()
    await door.says("ada", f"/invite clear {before.code}")
    await door.says("ada", f'/invite person to:<@{CANARY}> name:"Canary Finch" roles:Staff')
    (invitation, *_) = await door.invitations()
    await door.says("ada", f"/invite send {invitation.code}")
    assert CANARY in repr((await door.tables())["outbox"])
    await door.says("ada", '/member erase "Canary Finch" sure:yes')
    for name, table in (await door.tables()).items():
        assert CANARY not in repr(table).casefold(), name
    said = heard(await door.says("ada", f"/invite show {invitation.code}"))
    assert "Cleared" in said
    assert "Send" not in said
    assert "cannot be used" in heard(await door.says(CANARY, f"/join {invitation.code}"))


async def test_asking_erases_nothing(door: Door) -> None:
    await _story(door)
    before = await door.tables()
    assert "Erase" in actions_in(await door.says(NORA, "/account erase"))
    assert "Erase" in actions_in(await door.says("ada", '/member erase "Canary Finch"'))
    assert await door.tables() == before


async def test_the_erased_are_strangers_and_their_invitations_end(door: Door) -> None:
    await maple(door)
    await door.says("omar", "/invite create")
    code = await door.code()
    await door.says("omar", "/account erase sure:yes")
    assert "You are not in a school yet" in heard(await door.says("omar", "/me"))
    assert "cannot be used" in heard(await door.says("theo", f"/join {code}"))
    assert "You may not" in heard(await door.says("omar", "/member list"))


async def test_a_request_that_waits_ends_and_its_card_names_nobody(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await door.says(NORA, f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.says(NORA, "/account erase sure:yes")
    assert await door.requests() == []
    said = heard(await door.says("ada", f"/request show {request.id}"))
    assert CANARY not in said.casefold()
    assert "no longer waiting" in heard(await door.clicks("ada", "request approve", request=request.id))


@pytest.mark.parametrize(
    ("who", "line", "why"),
    [
        ("ada", "/account erase sure:yes", "You cannot do that to the Primary Admin of Maple Grove"),
        ("omar", "/member erase ada sure:yes", "You cannot do that to the Primary Admin of Maple Grove"),
        ("omar", "/member erase omar sure:yes", "You cannot change your own membership"),
        ("nora", "/member erase omar sure:yes", "You may not"),
        ("stranger", "/account erase sure:yes", "I do not know you yet"),
        ("stranger", "/member erase nora sure:yes", "You may not"),
    ],
)
async def test_who_is_not_erased(door: Door, who: str, line: str, why: str) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    before = await door.tables()
    assert why in heard(await door.says(who, line))
    assert await door.tables() == before


@pytest.mark.parametrize("verb", ["suspend", "deactivate", "archive"])
async def test_barred_members_cannot_erase_themselves(door: Door, verb: str) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    await door.says("ada", f"/member {verb} nora")
    before = await door.tables()
    said = heard(await door.says("nora", "/account erase sure:yes"))
    assert "Your membership in Maple Grove is" in said
    assert await door.tables() == before


async def test_a_school_does_not_erase_somebody_from_another(door: Door) -> None:
    """Membership in one school never touches another."""
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    bea = caller("bea", administers=True, workspace="elsewhere")
    await door.says(bea, '/school create "Oak Hill" approval:automatic')
    said = heard(await door.says(bea, "/invite create"))
    code = next(line.removeprefix("Code\n") for line in said.split("\n") if line.count("-") == 2)
    assert "Welcome to Oak Hill" in heard(await door.says("nora", f"/join {code}"))
    before = await door.tables()
    said = heard(await door.says(ADA, '/member erase person:nora school:"Maple Grove" sure:yes'))
    assert "You cannot erase everything that is held about this person" in said
    assert "Oak Hill" not in said
    assert await door.tables() == before
    assert "Erased" in heard(
        await door.says("root", '/member erase person:nora school:"Maple Grove" sure:yes')
    )


async def test_both_of_two_merged_persons_are_erased(door: Door) -> None:
    await maple(door)
    for who in ("nora", NORA):
        await door.says(who, f"/join {await door.code()}")
    told = await door.says(NORA, f"/account link {await linking_code(door, 'nora')}")
    action = actions_in(told)["Link and merge"]
    await door.clicks(NORA, action.command, **action.values)
    assert CANARY in repr(await door.tables()).casefold()
    await door.says("nora", "/account erase sure:yes")
    assert CANARY not in repr(await door.tables()).casefold()
    assert await door.database.read(lambda uow: uow.people.by_account(AccountKey("web", "nora"))) is None


async def test_deleted_pages_of_the_file_are_overwritten(tmp_path: Path) -> None:
    async with open_world(sqlite_url(tmp_path)) as world:
        door = door_of(world)
        await maple(door)
        for number in range(200):
            await door.says(
                replace(caller(f"canary{number}"), name=f"Canary {number}"), f"/join {await door.code()}"
            )
        for number in range(200):
            await door.says(caller(f"canary{number}"), "/account erase sure:yes")
    assert not files_with_it(tmp_path)
