"""Two members of a school never share an educator id, by which the state and rosters know them."""

import pytest

from bot.core.ports import UnitOfWork
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import Faulty, StepKind, View
from bot.core.rosters.rows import Problem
from tests.core.deeds import ADA, TO_OAK, join_by_code, merge_nia_into_nora
from tests.core.door import Door, actions_in, heard
from tests.core.rostering import Office
from tests.world import caller

TAKEN = "Somebody else in {} has the educator id 77."


async def _members(door: Door) -> None:
    """Add Bob to Maple and Ann to Oak, both with the id 77."""
    for school, first in (("Maple", "Bob"), ("Oak", "Ann")):
        line = f"email:{first}@example.org first_name:{first} last_name:Ames educator_id:77 school:{school}"
        assert not (await door.says("pia", f"/member create {line}")).refused


async def test_an_id_is_entered_for_one_member_only(both: Door) -> None:
    await _members(both)
    cy = "email:cy@example.org first_name:Cy last_name:Cole"
    told = await both.says(ADA, f"/member create {cy} educator_id:77 school:Maple")
    assert heard(told).startswith(TAKEN.format("Maple"))
    assert not (await both.says(ADA, f"/member create {cy} educator_id:077 school:Maple")).refused
    told = await both.says(ADA, '/member edit person:"Cy Cole" educator_id:77 school:Maple')
    assert heard(told).startswith(TAKEN.format("Maple"))
    kept = await both.says(ADA, '/member edit person:"Bob Ames" middle_initial:J educator_id:77 school:Maple')
    assert not kept.refused, "it is their own"


async def test_an_id_that_is_shared_elsewhere_is_seen_by_whoever_enters_it(both: Door) -> None:
    """Ann is in both schools, so an id must be free in both; a school learns nothing of where it is not."""
    await _members(both)
    assert not (await both.says("pia", '/member edit person:"Ann Ames" educator_id:78 school:Oak')).refused
    assert not (
        await both.says("pia", '/member edit person:"Ann Ames" schools:"Maple, Oak" school:Oak')
    ).refused
    told = await both.says("pia", '/member edit person:"Ann Ames" educator_id:77 school:Oak')
    assert heard(told).startswith(TAKEN.format("Maple"))


async def test_nobody_comes_into_a_school_with_the_id_of_somebody_there(both: Door) -> None:
    await _members(both)
    told = await both.says("pia", '/member edit person:"Bob Ames" schools:"Maple, Oak" school:Maple')
    assert heard(told).startswith(TAKEN.format("Oak"))
    plan = await both.says("pia", f"{TO_OAK}Bob")
    assert "Have the educator id of somebody there" in heard(plan)
    assert "Apply" not in actions_in(plan)
    assert not (await both.says("pia", '/member edit person:"Ann Ames" educator_id:78 school:Oak')).refused
    apply = actions_in(await both.says("pia", f"{TO_OAK}Bob"))["Apply"]
    assert not (await both.clicks("pia", apply.command, **apply.values)).refused


async def test_a_roster_brings_nobody_in_with_the_id_of_somebody_there(both: Door) -> None:
    """The row says nothing of an id, but Maple knows one of Bob, and Ann of Oak has the same."""
    await _members(both)
    oak = Office(both, "pia", "Oak")
    for options in ({}, {"move": True}):
        found = await oak.plan([("bob@example.org", "Bob", "Ames")], **options)
        assert isinstance(found, Faulty)
        (error,) = found.errors
        assert (error.place, error.column, error.value) == (2, Column.EDUCATOR_ID, "77")
        assert error.problem is Problem.ID_OF_ANOTHER
    other = ("bob@example.org", "Bob", "Ames", "", "", "", "", "", "79")
    plan = await oak.planned([other], move=True)
    assert plan.number(StepKind.MOVE) == 1
    assert isinstance(await oak.apply(plan, plan.leaving), View)


@pytest.mark.parametrize(
    ("oaks", "ids", "kept"),
    [("nia", {"nia": "77"}, ""), ("nora", {"nora": "77"}, ""), ("nora", {"nora": "77", "nia": "78"}, "78")],
)
async def test_two_who_become_one_bring_no_id_to_where_somebody_has_it(
    both: Door, oaks: str, ids: dict[str, str], kept: str
) -> None:
    """Bob of Maple has the id 77, and so has one of the two, at Oak; the other is at Maple."""
    bob = "email:bob@example.org first_name:Bob last_name:Ames educator_id:77"
    assert not (await both.says("pia", f"/member create {bob} school:Maple")).refused
    for who in ("nia", "nora"):
        school = "Oak" if who == oaks else "Maple"
        await join_by_code(both, school, who)
        if id_ := ids.get(who):
            told = await both.says("pia", f"/member edit person:{who} educator_id:{id_} school:{school}")
            assert not told.refused
    await merge_nia_into_nora(both)

    def known(uow: UnitOfWork) -> str:
        nora = uow.people.by_account(caller("nora").account)
        return uow.people.details(nora.id).educator_id if nora else "nobody"

    assert await both.database.read(known) == kept
