"""The audit log: one entry per change, none for anything else, and no personal data."""

import re
from collections.abc import Awaitable, Callable

import pytest

from bot.chat.replies import Card, File
from bot.core import audit_lines
from bot.core.audit_lines import verify_all_stored
from bot.core.values import replace
from tests.core.door import Door, actions_in, heard, maple
from tests.world import caller

Step = Callable[[Door], Awaitable[object]]


def types(who: str, line: str) -> Step:
    async def step(door: Door) -> object:
        codes = [one.code for one in await door.invitations()]
        return await door.says(who, line.replace("{code}", codes[0] if codes else ""))

    return step


def clicks(who: str, command: str, **values: str) -> Step:
    async def step(door: Door) -> object:
        (request,) = await door.requests()
        return await door.clicks(who, command, request=request.id, **values)

    return step


ASKED = ('approval:"by request"',)
CHANGES: list[tuple[str, tuple[str, ...], list[Step], Step]] = [
    ("school.created", (), [], types("root", '/school create "Oak Hill"')),
    ("school.edited", (), [], types("ada", "/school edit access:public")),
    ("school.approvals_channel_set", (), [], types("ada", "/school approvals")),
    ("school.link_offered", (), [], types("ada", "/school share")),
    ("school.joined", ("access:public",), [], types("nora", '/join school:"Maple Grove"')),
    (
        "invitation.created",
        (),
        [],
        types("ada", "/invite create role:Staff uses:5 expires:7d note:x label:y"),
    ),
    ("invitation.revoked", (), [], types("ada", "/invite revoke {code}")),
    ("invitation.redeemed", (), [], types("nora", "/join {code}")),
    ("invitation.redeemed", ASKED, [], types("nora", "/join {code}")),
    ("join_request.submitted", (*ASKED, "access:public"), [], types("nora", '/join school:"Maple Grove"')),
    ("join_request.approved", ASKED, [types("nora", "/join {code}")], clicks("ada", "request approve")),
    (
        "join_request.approved",
        ASKED,
        [types("nora", "/join {code}")],
        clicks("ada", "request approve", role="Staff"),
    ),
    (
        "join_request.rejected",
        ASKED,
        [types("nora", "/join {code}")],
        clicks("ada", "request reject", reason="no"),
    ),
    ("join_request.withdrawn", ASKED, [types("nora", "/join {code}")], clicks("nora", "request withdraw")),
]


@pytest.mark.parametrize(("action", "settings", "before", "change"), CHANGES, ids=[one[0] for one in CHANGES])
async def test_a_change_leaves_exactly_one_entry(
    door: Door, action: str, settings: tuple[str, ...], before: list[Step], change: Step
) -> None:
    await maple(door, *settings)
    for step in before:
        await step(door)
    known = await door.audit_entries()
    await change(door)
    (entry,) = [one for one in await door.audit_entries() if one not in known]
    assert entry.action == action
    assert entry.front == "web"
    assert entry.at == door.clock.now()
    assert await _actor_of(door, entry.actor_id)


async def _actor_of(door: Door, person_id: str) -> str:
    person = await door.database.read(lambda uow: uow.people.by_id(person_id))
    assert person is not None
    return person.name


READS = [
    "/invite list",
    "/invite show {code}",
    "/member list",
    "/request list",
    "/school show",
    "/school find",
    "/help",
]
REFUSED = [
    "/invite create uses:0", "/invite create role:Emperor", "/invite revoke ABCD-EFGH-JKMNP", "/join {code}",
    "/request approve nobody", '/school create "Maple Grove"', "/account claim ABCD", "/nonsense", "",
    "/school edit zone:Nowhere", "/invite create expires:yesterday",
]  # fmt: skip


@pytest.mark.parametrize("line", [*READS, *REFUSED])
async def test_a_read_or_a_refusal_leaves_nothing(door: Door, line: str) -> None:
    await maple(door)
    before = await door.known()
    await types("ada", line)(door)
    assert await door.known() == before


CANARIES = ["canaryname", "canarynote", "canarylabel", "canaryreason", "canarycontact", "canaryuser"]


async def test_no_entry_has_anything_personal_or_secret_in_it(door: Door) -> None:
    await maple(door, 'approval:"by request"', 'support_contact:"canarycontact@example.org"')
    await door.says("ada", '/invite create note:"canarynote" label:"canarylabel"')
    await door.says("ada", '/school edit support_contact:"second canarycontact"')
    said = heard(await door.says("ada", "/school share"))
    nora = replace(caller("canaryuser"), name="Canaryname Lovelace")
    await door.says(nora, f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.clicks("ada", "request reject", request=request.id, reason="canaryreason")
    secrets = [secret for one in await door.invitations() for secret in (one.code, one.token)]
    secrets += re.findall(r"\b\w{4}-\w{4}-\w{5}\b", said)
    assert len(secrets) > 4
    kept = repr(await door.audit_entries()).casefold()
    for canary in [*CANARIES, *secrets, "ada", "lovelace"]:
        assert not re.search(rf"\b{canary}\b", kept, re.IGNORECASE), canary


async def test_every_chain_is_whole(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    for number in range(3):
        await door.says(f"p{number}", f"/join {await door.code()}")
    await door.says("root", '/school create "Oak Hill"')

    judgements = await door.database.read(lambda uow: verify_all_stored(uow.audit))
    assert [one.flaw for one in judgements] == [None, None]


async def test_what_a_page_says_can_be_searched(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    await door.says("ada", "/member roles person:nora roles:Staff")
    assert "role changed · Nora" in heard(await door.says("ada", "/audit list"))
    for typed in ("role changed", "Role  Changed", "role.changed", "changed"):
        said = heard(await door.says("ada", f'/audit list what:"{typed}"'))
        assert "role changed · Nora" in said, typed
        assert "redeemed" not in said, typed


async def test_a_page_names_whom_and_what_it_speaks_of(door: Door) -> None:
    await maple(door)
    await door.says("root", "/district create North")
    await door.says("root", '/school move school:"Maple Grove" district:North')
    assert "school moved · district: North" in heard(await door.says("ada", "/audit list what:moved"))
    await door.says("ada", "/member primary omar sure:yes")
    assert "primary admin: Ada → Omar" in heard(await door.says("ada", "/audit list what:primary"))
    await door.says(caller("ada", administers=True), '/school create "Oak Hill"')
    await door.says("ada", '/invite person school:"Maple Grove" to:kim@example.org name:Kim roles:Staff')
    what = '/audit list school:"Maple Grove" what:"invitation created"'
    said = heard(await door.says("ada", what))
    assert "person: Kim, way: email, grants: Staff (Maple Grove)" in said
    assert not re.search(r"\b01[0-9a-z]{24}\b", said)
    await door.says(
        "ada",
        '/invite person school:"Maple Grove" to:lee@example.org name:Lee roles:Staff schools:"Oak Hill"',
    )
    assert "Staff (Maple Grove), Staff (another school)" in heard(await door.says("ada", what))


async def test_what_belongs_to_no_school_is_told_to_who_rules_the_system(door: Door) -> None:
    await maple(door)
    await door.says("root", "/district create North")
    await door.says("root", '/school move school:"Maple Grove" district:North')
    await door.says("root", '/district grant person:Omar role:"District User" district:North')
    await door.says("root", "/system edit mails_a_day:9")
    said = heard(await door.says("root", "/system audit"))
    assert "role granted · Omar · role: District User, scope: North" in said
    assert "district created · North" in said
    assert "mails a day: 0 → 9" in said
    assert "moved" not in said, "that is the school's"
    for typed, there, gone in (("Role granted", "role granted", "created"), ("district", "created", "role")):
        said = heard(await door.says("root", f'/system audit what:"{typed}"'))
        assert there in said
        assert gone not in said
    held = await door.says("root", "/system export")
    assert isinstance(held.answer, Card)
    (file,) = (one for one in held.answer.blocks if isinstance(one, File))
    (verdict,) = audit_lines.verify(file.content.decode().splitlines())
    assert (verdict.chain, verdict.flaw) == ("system", None)
    for who in ("ada", "omar", "stranger"):
        for line in ("/system audit", "/system export"):
            assert "You may not change settings of the whole system" in heard(await door.says(who, line))


async def test_older_entries_of_what_belongs_to_no_school_are_a_page_away(door: Door) -> None:
    await maple(door)
    for number in range(12):
        await door.says("root", f"/district create D{number}")
    page = await door.says("root", "/system audit what:district")
    assert "D11" in heard(page)
    assert "D1\n" not in heard(page)
    older = actions_in(page)["Older"]
    said = heard(await door.clicks("root", older.command, **older.values))
    assert "district created · D1 ·" in said
    assert "D11" not in said
