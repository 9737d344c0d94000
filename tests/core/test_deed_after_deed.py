"""What one deed leaves to the next: of two admins, of two schools, of an undoing that comes late."""

from collections.abc import Mapping

import pytest

from bot.chat.replies import Card, Table
from bot.chat.text import plain
from bot.core import sending
from bot.core.invitations import InvitationState
from bot.core.ports import UnitOfWork
from bot.core.rosters.imports import Kind, Missing, Why
from bot.core.scim import tokens, users
from bot.core.scim.model import Address, Wanted
from tests.core.door import Door, actions_in, heard
from tests.core.rostering import LEO, NIA, Office
from tests.core.test_accounts import code_in, linking_code
from tests.world import caller

ADA, OLA = caller("ada", administers=True), caller("ola", administers=True)


@pytest.fixture
async def both(door: Door) -> Door:
    """Ada heads Maple and Ola heads Oak; Pia is an admin of both. Whoever has a code comes in."""
    for who, name in ((ADA, "Maple"), (OLA, "Oak")):
        await door.says(who, f"/school create {name} approval:automatic")
        await door.says(who, f'/invite create role:"School Admin" uses:1 school:{name}')
        await door.says("pia", f"/join {(await door.invitations_of(name))[0].code}")
    return door


async def stands(door: Door, name: str) -> Mapping[str, str]:
    """Tell in which schools there is somebody of a name, and how they stand there."""

    def unit(uow: UnitOfWork) -> dict[str, str]:
        person = uow.people.by_account(caller(name).account)
        assert ADA.workspace is not None
        there = {one.name: one.id for one in uow.schools.linked_to(ADA.workspace)}
        found = {place: uow.members.of(at, person.id) if person else None for place, at in there.items()}
        return {place: one.barred_as or one.status for place, one in found.items() if one}

    return await door.database.read(unit)


INVITE = "/invite person to:nia roles:Staff school:Maple schools:Oak"


async def test_a_school_that_removes_somebody_is_not_theirs_by_an_invitation_of_another(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    assert not (await both.says(OLA, "/member remove nia school:Oak")).refused
    shown = heard(await both.says("pia", f"/invite show {made.code}"))
    assert "Maple" in shown
    assert "Oak" not in shown
    assert "Welcome to Maple\n" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await stands(both, "nia") == {"Maple": "active"}


async def test_what_another_school_offers_outlives_a_removal_here(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    await both.says(ADA, "/member remove nia school:Maple")
    assert "Welcome to Oak\n" in heard(await both.says("nia", f"/invite accept {made.code}"))
    assert await stands(both, "nia") == {"Oak": "active"}


async def test_an_invitation_that_every_school_took_back_is_cleared_and_can_be_made_anew(both: Door) -> None:
    await both.says("pia", INVITE)
    for who, name in ((OLA, "Oak"), (ADA, "Maple")):
        await both.says(who, f"/member remove nia school:{name}")
    (made, *_) = await both.invitations_of("Maple")
    assert made.state(both.clock.now()) is InvitationState.CLEARED
    assert not (await both.says("pia", f"/invite reissue {made.code}")).refused
    (fresh, *_) = await both.invitations_of("Maple")
    assert "Welcome to Maple\n" in heard(await both.says("nia", f"/invite accept {fresh.code}"))


async def comes(door: Door, name: str, who: str = "nia") -> str:
    """Let somebody into a school by a code; return it."""
    await door.says("pia", f"/invite create school:{name}")
    code = (await door.invitations_of(name))[0].code
    assert not (await door.says(who, f"/join {code}")).refused
    return code


async def applied(door: Door, line: str, who: str = "pia") -> tuple[str, str]:
    """Plan and apply a bulk act; return the job, and what came of it."""
    job = actions_in(await door.says(who, line))["Apply"].values["job"]
    return job, heard(await door.clicks(who, "bulk apply", job=job))


async def undone(door: Door, job: str, who: str = "pia") -> str:
    return heard(await door.clicks(who, "bulk undo", job=job))


TO_OAK = '/bulk plan act:"replace organizations" schools:Oak school:Maple search:'
OUT = "Kept out, or not let in yet"


@pytest.mark.parametrize(("deed", "past"), [("suspend", "suspended"), ("deactivate", "deactivated")])
async def test_whoever_is_kept_out_neither_comes_into_another_school_nor_leaves(
    both: Door, deed: str, past: str
) -> None:
    """Having left they could come back by any code."""
    code = await comes(both, "Maple")
    await both.says(ADA, f"/member {deed} nia school:Maple")
    told = heard(await both.says("pia", f"{TO_OAK}nia"))
    assert "nobody to whom that could happen" in told
    assert f"{OUT}\n2" in told
    assert (await both.says("nia", f"/join {code}")).refused
    assert await stands(both, "nia") == {"Maple": past}


async def test_whoever_is_archived_in_one_school_stays_there_and_moves_from_another(both: Door) -> None:
    await comes(both, "Maple")
    await both.says(OLA, "/school create Elm approval:automatic")
    await both.says(OLA, '/invite create role:"School Admin" uses:1 school:Elm')
    await both.says("pia", f"/join {(await both.invitations_of('Elm'))[0].code}")
    await comes(both, "Elm")
    await both.says(OLA, "/member archive nia school:Elm")
    _, told = await applied(both, f"{TO_OAK}nia")
    assert "2 memberships changed" in told
    assert f"{OUT}\n1" in told
    assert await stands(both, "nia") == {"Oak": "active", "Elm": "archived"}


async def test_nobody_leaves_a_school_for_one_that_has_not_let_them_in(both: Door) -> None:
    await comes(both, "Maple")
    await both.says("pia", INVITE)
    assert f"{OUT}\n2" in heard(await both.says("pia", f"{TO_OAK}nia"))
    (made, *_) = await both.invitations_of("Maple")
    await both.says("nia", f"/invite accept {made.code}")
    assert "1 membership changed" in (await applied(both, f"{TO_OAK}nia"))[1]
    assert await stands(both, "nia") == {"Oak": "active"}


async def test_whom_the_new_school_keeps_out_meanwhile_is_left_there_by_undoing(both: Door) -> None:
    await comes(both, "Maple")
    job, _ = await applied(both, f"{TO_OAK}nia")
    await both.says(OLA, "/member suspend nia school:Oak")
    assert f"{OUT}\n2" in await undone(both, job)
    assert await stands(both, "nia") == {"Oak": "suspended"}


BACK = {"suspend": "reinstate", "deactivate": "reactivate", "archive": "restore"}
AGAIN = [*BACK.items(), *((back, deed) for deed, back in BACK.items())]


@pytest.mark.parametrize(("deed", "back"), AGAIN)
async def test_what_others_have_done_again_since_is_not_undone(both: Door, deed: str, back: str) -> None:
    for who in ("nia", "leo"):
        await comes(both, "Maple", who)
        if deed in BACK.values():
            await both.says(ADA, f"/member {back} {who} school:Maple")
    status = "status:archived" if deed == "restore" else ""
    job, _ = await applied(both, f"/bulk plan act:{deed} role:Viewer {status} school:Maple", "ada")
    stood = await stands(both, "nia"), await stands(both, "leo")
    for verb in (back, deed):
        assert not (await both.says("pia", f"/member {verb} nia school:Maple")).refused
    told = await undone(both, job, "ada")
    assert "Changed meanwhile\n1" in told
    assert (await stands(both, "nia"))["Maple"] == stood[0]["Maple"]
    assert (await stands(both, "leo"))["Maple"] != stood[1]["Maple"]


async def test_what_is_done_otherwise_to_somebody_does_not_keep_them_from_being_put_back(both: Door) -> None:
    await comes(both, "Maple")
    job, _ = await applied(both, "/bulk plan act:suspend search:nia school:Maple", "ada")
    for line in ("/member archive nia", "/member restore nia", "/member roles nia roles:Staff"):
        assert not (await both.says("pia", f"{line} school:Maple")).refused
    assert "1 person of Maple reinstated" in await undone(both, job, "ada")
    assert await stands(both, "nia") == {"Maple": "active"}


@pytest.mark.parametrize(
    ("deed", "back"), [("suspend", "reinstate"), ("deactivate", "reactivate"), ("archive", "restore")]
)
async def test_nobody_is_written_to_who_is_kept_out_of_what_they_were_invited_to(
    both: Door, deed: str, back: str
) -> None:
    await both.says("pia", "/invite person to:nia roles:Staff school:Maple expires:30d")
    (made, *_) = await both.invitations_of("Maple")

    def nowhere(uow: UnitOfWork) -> bool:
        current = uow.invitations.by_id(made.id)
        return current is not None and sending.leads_nowhere(uow, current)

    assert not await both.database.read(nowhere)
    await both.says(ADA, f"/member {deed} nia school:Maple")
    assert await both.database.read(nowhere)
    status = "Lets nobody in: nia is kept out of the school"
    assert status in heard(await both.says("pia", f"/invite show {made.code}"))
    await both.says(ADA, f"/member {back} nia school:Maple")
    assert not await both.database.read(nowhere)
    assert status not in heard(await both.says("pia", f"/invite show {made.code}"))


async def test_who_is_kept_out_of_one_of_two_schools_is_invited_to_the_other(both: Door) -> None:
    await both.says("pia", INVITE)
    (made, *_) = await both.invitations_of("Maple")
    await both.says(OLA, "/member suspend nia school:Oak")
    assert not await both.database.read(lambda uow: sending.leads_nowhere(uow, made))


async def in_a_district(door: Door) -> None:
    """Let Nia be in Maple, and Maple in a district with an identity provider."""
    await door.says("root", "/district create North")
    await door.says("root", "/school move school:Maple district:North")
    await comes(door, "Maple")
    await door.says(ADA, "/member edit nia email:nia@example.org school:Maple")


async def switched(door: Door, *, active: bool) -> None:
    """Let the identity provider of Maple's district switch Nia off, or on again."""

    def unit(uow: UnitOfWork) -> None:
        assert ADA.workspace is not None
        school = next(one for one in uow.schools.linked_to(ADA.workspace) if one.name == "Maple")
        person = uow.people.by_account(caller("nia").account)
        assert person is not None
        address = Address("nia@example.org")
        wanted = Wanted("nia@example.org", first_name="Nia", last_name="Lund", email=address, active=active)
        users.change(uow, tokens.acting_for(school.district_id or ""), person.id, lambda _: wanted)

    await door.database.run(unit)


async def test_undoing_lets_nobody_back_whom_the_district_has_switched_off_since(both: Door) -> None:
    await in_a_district(both)
    job, _ = await applied(both, "/bulk plan act:deactivate role:Viewer school:Maple", "ada")
    await switched(both, active=False)
    assert "Switched off by the district\n1" in await undone(both, job, "ada")
    assert await stands(both, "nia") == {"Maple": "deactivated"}
    await switched(both, active=True)
    await both.says(ADA, '/member reactivate "Nia Lund" school:Maple')
    assert await stands(both, "nia") == {"Maple": "active"}


async def test_a_suspension_that_the_district_has_let_stand_can_be_undone(both: Door) -> None:
    """Switched off and on again, Nia is as suspended as the work had left her."""
    await in_a_district(both)
    job, _ = await applied(both, "/bulk plan act:suspend role:Viewer school:Maple", "ada")
    for active in (False, True):
        await switched(both, active=active)
    assert await stands(both, "nia") == {"Maple": "suspended"}
    assert "1 person of Maple reinstated" in await undone(both, job, "ada")


async def nia_is_nora(door: Door) -> None:
    """Let Nia and Nora prove to be one, and be Nora from then on."""
    code = await linking_code(door, "nora")
    merge = actions_in(await door.says("nia", f"/account link {code}"))["Link and merge"]
    assert not (await door.clicks("nia", merge.command, **merge.values)).refused


async def test_who_has_proved_to_be_another_since_is_put_back(both: Door) -> None:
    await comes(both, "Maple")
    await comes(both, "Oak", "nora")
    job, _ = await applied(both, "/bulk plan act:suspend search:nia school:Maple", "ada")
    await nia_is_nora(both)
    assert await stands(both, "nora") == {"Maple": "suspended", "Oak": "active"}
    assert "1 person of Maple reinstated" in await undone(both, job, "ada")
    assert await stands(both, "nora") == {"Maple": "active", "Oak": "active"}


async def test_a_suspension_that_somebody_has_brought_with_them_is_not_undone(both: Door) -> None:
    for who in ("nia", "nora"):
        await comes(both, "Maple", who)
    job, _ = await applied(both, "/bulk plan act:suspend search:nora school:Maple", "ada")
    await both.says("pia", "/member suspend nia school:Maple")
    await nia_is_nora(both)
    assert "Changed meanwhile\n1" in await undone(both, job, "ada")
    assert await stands(both, "nora") == {"Maple": "suspended"}


async def told(door: Door, person: str, who: str = "ada") -> list[str]:
    """Read what the log of Maple tells of somebody, newest first."""
    card = (await door.says(who, f"/audit list person:{person} school:Maple")).answer
    assert isinstance(card, Card)
    (rows,) = (block.rows for block in card.blocks if isinstance(block, Table))
    return [f"{plain(by)}: {plain(what)}" for _, by, what, _ in rows]


async def test_the_log_tells_who_let_whom_in_also_of_who_has_left(both: Door) -> None:
    await both.says(ADA, '/school edit approval:"by request" school:Maple')
    await comes(both, "Maple")
    await both.says(ADA, "/request approve nia")
    await both.says("pia", "/member remove nia school:Maple")
    assert await told(both, "nia") == [
        "Pia: member removed · Nia",
        "Ada: join request approved · Nia · state: pending → approved, role: Viewer",
        "Nia: invitation redeemed · made by: Pia, role: Viewer, standing: pending",
    ]
    assert await told(both, "<@nia>") == await told(both, "NIA")
    for who in ("leo", "<@ola>"):
        assert (await both.says(ADA, f"/audit list person:{who} school:Maple")).refused


async def test_the_log_tells_what_came_of_an_invitation_for_one_person(both: Door) -> None:
    await comes(both, "Maple")
    await both.says("pia", INVITE)
    await both.says(ADA, "/member suspend nia school:Maple")
    (made, *_) = await both.invitations_of("Maple")
    await both.says("nia", f"/invite accept {made.code}")
    accepted = "invitation accepted · Nia · made by: Pia"
    assert await told(both, "nia") == [
        f"Nia: {accepted}, granted: Staff (another school), left out: Staff (Maple, barred)",
        "Ada: member suspended · Nia · state: ok → suspended",
        "Pia: invitation created · person: Nia, way: dm, grants: Staff (Maple), Staff (another school)",
        "Nia: invitation redeemed · made by: Pia, role: Viewer, standing: active",
    ]


async def test_of_two_who_left_and_have_one_name_neither_is_guessed(both: Door) -> None:
    for who in ("nia", "nora"):
        await comes(both, "Maple", who)
        await both.says(ADA, f"/member edit {who} first_name:Mia last_name:Lund school:Maple")
        await both.says(ADA, '/member remove "Mia Lund" school:Maple')
    assert (await both.says(ADA, '/audit list person:"Mia Lund" school:Maple')).refused
    assert len(await told(both, "<@nora>")) == len(await told(both, "<@nia>")) == 3


async def test_whoever_withdraws_stays_on_the_list_while_an_invitation_waits_for_them(both: Door) -> None:
    await both.says(ADA, '/school edit approval:"by request" school:Maple')
    await comes(both, "Maple")
    await both.says("pia", INVITE)
    (asked,) = await both.requests_of("Maple")
    await both.clicks("nia", "request withdraw", request=asked.id)
    assert await stands(both, "nia") == {"Maple": "pending", "Oak": "pending"}
    assert "Nia" in heard(await both.says(ADA, "/member list view:pending school:Maple"))
    (made, *_) = await both.invitations_of("Maple")
    await both.says(ADA, f"/invite clear {made.code}")
    assert not (await both.says(ADA, "/member remove nia school:Maple")).refused
    await comes(both, "Maple")
    (asked,) = await both.requests_of("Maple")
    await both.clicks("nia", "request withdraw", request=asked.id)
    assert await stands(both, "nia") == {"Oak": "pending"}


async def test_whoever_was_moved_by_a_roster_and_is_kept_out_since_does_not_come_back_by_undoing(
    maple: Office,
) -> None:
    await maple.imports([NIA])
    moved = await maple.imports([(*NIA, "Oak", "Staff")], whole_district=True, move=True)
    await maple.door.says(ADA, "/member suspend nia@example.org school:Oak")
    undone_ = await maple.undo(moved)
    assert (undone_.number(Kind.ADD), undone_.number(Kind.REMOVE)) == (0, 0)
    assert undone_.counts[Kind.KEEP, Why.SUSPENDED] == 1
    assert await maple.people() == {"Ada": ("active", ("School Admin",))}


async def test_whom_a_roster_had_left_out_comes_back_though_another_school_keeps_them_out(
    maple: Office,
) -> None:
    await maple.imports([NIA, (*NIA, "Oak")], whole_district=True)
    await maple.door.says(ADA, "/member suspend nia@example.org school:Oak")
    left = await maple.imports([LEO], missing=Missing.REMOVE)
    assert "Nia Okafor" not in await maple.people()
    await maple.undo(left)
    assert (await maple.people())["Nia Okafor"][0] == "active"


async def test_who_removes_somebody_is_told_that_they_may_come_again(both: Door) -> None:
    code = await comes(both, "Maple")
    removed = await both.says(ADA, "/member remove nia school:Maple")
    assert "A code or link that works lets them in again" in heard(removed)
    assert "Welcome to Maple" in heard(await both.says("nia", f"/join {code}"))


async def test_an_invitation_that_was_sent_again_since_is_not_revoked_by_undoing(both: Door) -> None:
    for who in ("Mia", "Max"):
        line = f"/member create email:{who}@example.org first_name:{who} last_name:Lund school:Maple"
        assert not (await both.says(ADA, line)).refused
    job, _ = await applied(both, '/bulk plan act:"invite later" role:Viewer school:Maple', "ada")
    of_mia = next(one for one in await both.invitations_of("Maple") if one.to and one.to.name == "Mia Lund")
    assert not (await both.says("pia", f"/invite resend {of_mia.code}")).refused
    assert "Changed meanwhile\n1" in await undone(both, job, "ada")
    states = {
        one.to.name: one.state(both.clock.now()) for one in await both.invitations_of("Maple") if one.to
    }
    assert states == {"Mia Lund": InvitationState.SCHEDULED, "Max Lund": InvitationState.REVOKED}


@pytest.mark.parametrize("deed", ["suspend", "deactivate", "archive", "remove"])
async def test_a_link_that_somebody_offered_ends_with_their_right_to(both: Door, deed: str) -> None:
    elsewhere = caller("eve", administers=True, workspace="elsewhere")
    offered = [code_in(heard(await both.says(who, "/school share school:Maple"))) for who in ("pia", ADA)]
    assert not (await both.says(ADA, f"/member {deed} pia school:Maple")).refused
    assert (await both.says(elsewhere, f"/school link {offered[0]}")).refused
    assert not (await both.says(elsewhere, f"/school link {offered[1]}")).refused


async def test_of_two_schools_of_one_name_the_archived_one_is_opened_again(both: Door) -> None:
    await both.says("root", "/school archive school:Maple")
    assert not (await both.says(OLA, "/school edit name:Maple school:Oak")).refused
    assert "The name Maple is taken here" in heard(await both.says("root", "/school restore name:Maple"))
    await both.says(OLA, "/school edit name:Elm school:Maple")
    assert "Maple is open again" in heard(await both.says("root", "/school restore name:maple"))


async def test_the_log_tells_of_somebody_which_rosters_changed_them(maple: Office) -> None:
    await maple.imports([NIA, LEO])
    await maple.imports([NIA, (*LEO, "", "Staff")])
    assert await told(maple.door, "nia@example.org") == ["Ada: roster imported · add: 2, missing: keep"]
    last, first = await told(maple.door, "leo@example.org")
    assert "change: 1" in last
    assert "add: 2" in first


async def test_nobody_is_put_back_into_a_school_that_is_closed(both: Door) -> None:
    await comes(both, "Maple")
    job, _ = await applied(both, f"{TO_OAK}nia", "root")
    await both.says("root", "/school archive school:Maple")
    assert f"{OUT}\n2" in await undone(both, job, "root")
    assert await stands(both, "nia") == {"Oak": "active"}
