"""Who gets a school's bills, and who is told about them."""

import pytest

from tests.core.door import Door, heard, maple
from tests.core.invited import ADA
from tests.world import caller

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("reference:PO-77", "Contact\nAda\nE-mail\nada@example.org"),
        ("name:Office", "Contact\nOffice\n"),
        ("email:office@example.org", "\nE-mail\noffice@example.org"),
    ],
    ids=["neither", "a name", "an address"],
)
async def test_bills_go_to_the_primary_admin_by_default(door: Door, said: str, shown: str) -> None:
    """A name of one person with the address of another would reach nobody."""
    await maple(door, invite=None)
    assert not (await door.says(ADA, "/member edit person:ada email:ada@example.org")).refused
    assert not (await door.says(ADA, f"/school bill_to {said}")).refused
    told = heard(await door.says(ADA, "/school billing"))
    assert shown in told
    assert ("Ada" in told) is ("ada@example.org" in told) is (shown.count("Ada") == 1)


async def test_what_is_said_already_changes_nothing(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school bill_to name:Office reference:PO-77")
    before = await door.known()
    for again in ("name:Office", "reference:PO-77 name:Office"):
        told = heard(await door.says(ADA, f"/school bill_to {again}"))
        assert told.startswith("Nothing was changed. How it stands: as you want it.")
    assert await door.known() == before


async def test_an_admin_of_the_district_sees_them_and_one_of_another_does_not(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school bill_to reference:PO-77")
    for name, who in (("North", "nia"), ("South", "sue")):
        await door.says("root", f"/district create {name}")
        await door.says(who, "/me")
        await door.says(ADA, "/invite create")
        await door.says(who, f"/join {await door.code()}")
        line = f'/district grant person:{who} role:"District Admin" district:{name}'
        assert not (await door.says("root", line)).refused
    await door.says("root", '/school move school:"Maple Grove" district:North')
    assert "PO-77" in heard(await door.says("nia", "/school billing"))
    for who in ("sue", "omar"):
        assert "PO-77" not in heard(await door.says(who, "/school billing"))
    assert "Only the Primary Admin" in heard(await door.says(caller("omar"), "/school billing"))
