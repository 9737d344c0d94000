"""Undoing a bulk act after others have done something to the same people."""

import pytest

from bot.core.invitations.invitations import InvitationState
from bot.core.rosters.imports import Missing, StepKind, StepReason
from tests.core.deeds import (
    ADA,
    OLA,
    OUT,
    TO_OAK,
    join_by_code,
    merge_nia_into_nora,
    plan_and_apply,
    put_maple_into_district,
    set_active_by_provider,
    statuses,
    undo_job,
)
from tests.core.door import Door
from tests.core.rostering import LEO, NIA, Office

# These test the rules alone; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)

BACK = {"suspend": "reinstate", "deactivate": "reactivate", "archive": "restore"}
AGAIN = [*BACK.items(), *((back, deed) for deed, back in BACK.items())]


async def test_undoing_leaves_people_whom_the_new_school_has_barred(both: Door) -> None:
    await join_by_code(both, "Maple")
    job, _ = await plan_and_apply(both, f"{TO_OAK}nia")
    await both.says(OLA, "/member suspend nia school:Oak")
    assert f"{OUT}\n2" in await undo_job(both, job)
    assert await statuses(both, "nia") == {"Oak": "suspended"}


@pytest.mark.parametrize(("deed", "back"), AGAIN)
async def test_what_others_have_done_again_since_is_not_undone(both: Door, deed: str, back: str) -> None:
    for who in ("nia", "leo"):
        await join_by_code(both, "Maple", who)
        if deed in BACK.values():
            await both.says(ADA, f"/member {back} {who} school:Maple")
    status = "status:archived" if deed == "restore" else ""
    job, _ = await plan_and_apply(both, f"/bulk plan act:{deed} role:Viewer {status} school:Maple", "ada")
    stood = await statuses(both, "nia"), await statuses(both, "leo")
    for verb in (back, deed):
        assert not (await both.says("pia", f"/member {verb} nia school:Maple")).refused
    told = await undo_job(both, job, "ada")
    assert "Changed in the meantime\n1" in told
    assert (await statuses(both, "nia"))["Maple"] == stood[0]["Maple"]
    assert (await statuses(both, "leo"))["Maple"] != stood[1]["Maple"]


async def test_what_is_done_otherwise_to_somebody_does_not_keep_them_from_being_put_back(both: Door) -> None:
    await join_by_code(both, "Maple")
    job, _ = await plan_and_apply(both, "/bulk plan act:suspend search:nia school:Maple", "ada")
    for line in ("/member archive nia", "/member restore nia", "/member roles nia roles:Staff"):
        assert not (await both.says("pia", f"{line} school:Maple")).refused
    assert "1 person of Maple reinstated" in await undo_job(both, job, "ada")
    assert await statuses(both, "nia") == {"Maple": "active"}


async def test_undoing_lets_nobody_back_whom_the_district_has_switched_off_since(both: Door) -> None:
    await put_maple_into_district(both)
    job, _ = await plan_and_apply(both, "/bulk plan act:deactivate role:Viewer school:Maple", "ada")
    await set_active_by_provider(both, active=False)
    assert "Switched off by the district\n1" in await undo_job(both, job, "ada")
    assert await statuses(both, "nia") == {"Maple": "deactivated"}
    await set_active_by_provider(both, active=True)
    await both.says(ADA, '/member reactivate "Nia Lund" school:Maple')
    assert await statuses(both, "nia") == {"Maple": "active"}


async def test_a_suspension_that_the_district_has_let_stand_can_be_undone(both: Door) -> None:
    """Switched off and on again, Nia is as suspended as the work had left her."""
    await put_maple_into_district(both)
    job, _ = await plan_and_apply(both, "/bulk plan act:suspend role:Viewer school:Maple", "ada")
    for active in (False, True):
        await set_active_by_provider(both, active=active)
    assert await statuses(both, "nia") == {"Maple": "suspended"}
    assert "1 person of Maple reinstated" in await undo_job(both, job, "ada")


async def test_undoing_finds_people_who_were_merged_since(both: Door) -> None:
    await join_by_code(both, "Maple")
    await join_by_code(both, "Oak", "nora")
    job, _ = await plan_and_apply(both, "/bulk plan act:suspend search:nia school:Maple", "ada")
    await merge_nia_into_nora(both)
    assert await statuses(both, "nora") == {"Maple": "suspended", "Oak": "active"}
    assert "1 person of Maple reinstated" in await undo_job(both, job, "ada")
    assert await statuses(both, "nora") == {"Maple": "active", "Oak": "active"}


async def test_a_suspension_that_somebody_has_brought_with_them_is_not_undone(both: Door) -> None:
    for who in ("nia", "nora"):
        await join_by_code(both, "Maple", who)
    job, _ = await plan_and_apply(both, "/bulk plan act:suspend search:nora school:Maple", "ada")
    await both.says("pia", "/member suspend nia school:Maple")
    await merge_nia_into_nora(both)
    assert "Changed in the meantime\n1" in await undo_job(both, job, "ada")
    assert await statuses(both, "nora") == {"Maple": "suspended"}


async def test_undoing_a_roster_does_not_bring_back_barred_people(
    maple: Office,
) -> None:
    await maple.imports([NIA])
    moved = await maple.imports([(*NIA, "Oak", "Staff")], whole_district=True, move=True)
    await maple.door.says(ADA, "/member suspend nia@example.org school:Oak")
    undone_ = await maple.undo(moved)
    assert (undone_.number(StepKind.ADD), undone_.number(StepKind.REMOVE)) == (0, 0)
    assert undone_.counts[StepKind.KEEP, StepReason.SUSPENDED] == 1
    assert await maple.people() == {"Ada": ("active", ("School Admin",))}


async def test_undoing_a_roster_brings_people_back_although_barred_elsewhere(
    maple: Office,
) -> None:
    await maple.imports([NIA, (*NIA, "Oak")], whole_district=True)
    await maple.door.says(ADA, "/member suspend nia@example.org school:Oak")
    left = await maple.imports([LEO], missing=Missing.REMOVE)
    assert "Nia Okafor" not in await maple.people()
    await maple.undo(left)
    assert (await maple.people())["Nia Okafor"][0] == "active"


async def test_an_invitation_that_was_sent_again_since_is_not_revoked_by_undoing(both: Door) -> None:
    for who in ("Mia", "Max"):
        line = f"/member create email:{who}@example.org first_name:{who} last_name:Lund school:Maple"
        assert not (await both.says(ADA, line)).refused
    job, _ = await plan_and_apply(both, '/bulk plan act:"invite later" role:Viewer school:Maple', "ada")
    of_mia = next(one for one in await both.invitations_of("Maple") if one.to and one.to.name == "Mia Lund")
    assert not (await both.says("pia", f"/invite resend {of_mia.code}")).refused
    assert "Changed in the meantime\n1" in await undo_job(both, job, "ada")
    states = {
        one.to.name: one.state(both.clock.now()) for one in await both.invitations_of("Maple") if one.to
    }
    assert states == {"Mia Lund": InvitationState.SCHEDULED, "Max Lund": InvitationState.REVOKED}


async def test_nobody_is_put_back_into_a_school_that_is_closed(both: Door) -> None:
    await join_by_code(both, "Maple")
    job, _ = await plan_and_apply(both, f"{TO_OAK}nia", "root")
    await both.says("root", "/school archive school:Maple")
    assert f"{OUT}\n2" in await undo_job(both, job, "root")
    assert await statuses(both, "nia") == {"Oak": "active"}
