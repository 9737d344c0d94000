"""Lists of people: of which schools, their pages, and their filters packed in buttons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.actions import LONGEST, Action
from bot.commands import people_list
from bot.core.people.people_filter import Invited, PeopleFilter, Status, unpack
from bot.core.rights.roles import BUILT_IN
from bot.core.values import replace
from bot.storage.people.members import SqlMembers
from tests.core.door import Door, heard, maple
from tests.core.people.listed import ADA, membership_id, oak_school
from tests.fakes.members import FakeMembers


@pytest.mark.parametrize("of", ["x", "zzz\n", "--q\n", "\n", "--"])
async def test_a_page_of_a_list_that_cannot_be(door: Door, of: str) -> None:
    await maple(door)
    after = await membership_id(door, "Ada")
    said = heard(await door.clicks(ADA, "member more", after=after, of=of))
    assert "I cannot find that list here" in said or "is empty" in said or "is missing" in said


async def test_a_districts_list_is_for_those_over_all_of_it(door: Door) -> None:
    await maple(door)
    await oak_school(door)
    await door.says("root", "/district create North")
    for line in ('"Maple Grove"', "Oak"):
        added = await door.says("root", f"/school move school:{line} district:North")
        assert not added.refused, heard(added)
    line = '/member list view:"district users"'
    refused = heard(await door.says(ADA, line))
    assert "You may not see members" in refused
    assert "District Admin" in refused
    for packed in (PeopleFilter("", "").pack(), PeopleFilter("", "any").pack()):
        page = {"after": await membership_id(door, "Ada"), "of": packed}
        said = heard(await door.clicks(ADA, "member more", **page))
        assert "Bea" not in said
        assert ("You may not see members" in said) is packed.startswith("--d")
    await door.says(ADA, "/member roles person:omar roles:Viewer")
    await door.says("root", '/district grant person:omar role:"District User" district:North')
    said = heard(await door.says("omar", line))
    assert {"Bea", "Ada", "Oak", "Maple Grove"} <= set(said.split("\n"))


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40)


@given(
    st.sampled_from([None, *(role.name for role in BUILT_IN)]),
    st.sampled_from([None, *Status]),
    st.sampled_from([None, *Invited]),
    st.sampled_from([None, "north"]),
    _TEXT,
    st.sampled_from(["", "9", "09; K, 1;"]),
    st.sampled_from([None, "0" * 26]),
)
def test_a_packed_filter_comes_back(
    role: str | None,
    status: Status | None,
    invited: Invited | None,
    district: str | None,
    text: str,
    grades: str,
    came_by: str | None,
) -> None:
    wanted = PeopleFilter("maple", district, text, role, status, invited, came_by=came_by, grades=grades)
    assert unpack(wanted.pack(), "maple", "north") == wanted
    stripped = replace(wanted, text=text.strip())
    assert unpack(stripped.pack().strip(), "maple", "north") == stripped, "as fronts hand it on"


def test_every_filter_with_a_search_of_twenty_letters_fits_a_button() -> None:
    longest = max((role.name for role in BUILT_IN), key=len)
    wanted = PeopleFilter("maple", "north", "a b c d e f g h i jk", longest, Status.INACTIVE, Invited.NOT)
    page = {"after": "0" * 26, "of": wanted.pack()}
    assert len(Action("member more", page).pack()) <= LONGEST


async def test_a_list_that_fits_on_a_page_is_not_counted(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    await maple(door)
    counted: list[PeopleFilter] = []

    def count(_: object, wanted: PeopleFilter, *, most: int | None = None) -> int:
        counted.append(wanted)
        return most or 99

    monkeypatch.setattr(FakeMembers, "count", count)
    monkeypatch.setattr(SqlMembers, "count", count)
    assert "2 people" in heard(await door.says("omar", "/member list"))
    assert not counted
    monkeypatch.setattr(people_list, "PAGE", 1)
    assert "More than 10,000 people" in heard(await door.says("omar", "/member list"))
    assert counted


async def test_grade_levels_are_looked_for_by_who_enters_them(door: Door) -> None:
    await maple(door)
    for name, grades in (("Nia", "9, 10"), ("Leo", "09"), ("Kim", "K")):
        line = f"/member create email:{name}@example.org first_name:{name} last_name:Lund"
        assert not (await door.says(ADA, f'{line} grade_levels:"{grades}"')).refused
    await door.says(ADA, "/member roles person:omar roles:Staff")
    for asked, found in (
        ("9", {"Leo Lund", "Nia Lund"}),
        ('"10, k"', {"Kim Lund", "Nia Lund"}),
        ("1", set()),
    ):
        said = heard(await door.says(ADA, f"/member list grades:{asked}")).split("\n")
        assert {one for one in said if one.endswith(" Lund")} == found
    assert "Kim Lund" in heard(await door.says("omar", "/member list"))
    refused = heard(await door.says("omar", "/member list grades:K"))
    assert "You may not" in refused
    assert "Kim" not in refused


async def test_grade_levels_of_a_district_are_for_those_who_edit_all_its_members(door: Door) -> None:
    await maple(door)
    await door.says("root", "/district create North")
    await door.says("root", '/school move school:"Maple Grove" district:North')
    line = "/member create email:kim@example.org first_name:Kim last_name:Lund grade_levels:K"
    assert not (await door.says(ADA, line)).refused
    for role, seen in (("District User", False), ("District Admin", True)):
        await door.says("root", f'/district grant person:omar role:"{role}" district:North')
        said = heard(await door.says("omar", '/member list view:"district users" grades:K'))
        assert ("Kim Lund" in said) is seen
        assert ("You may not" in said) is not seen
