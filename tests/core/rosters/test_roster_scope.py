"""What rows can name, and what is answered if they name something else."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.core.errors import BadValue, NotPermitted
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights
from bot.core.rosters import planning, scope
from bot.core.rosters.columns import Column
from bot.core.rosters.imports import Faulty, Missing, Options, StepKind, StepReason
from bot.core.rosters.rows import Problem, RowError
from tests.core.door import Door
from tests.core.rostering import LEO, MIA, NIA, Office, clerk
from tests.core.rosters.test_roster_reach import ADA
from tests.world import system_admin

pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)
ZOE = ("zoe@example.org", "Zoe", "Roe")
# Just enough rights to import for a school.
CREATES = "viewer,roster.import,member.create,role.grant"


@pytest.mark.parametrize(
    ("options", "more"),
    [
        (Options(), set()),
        (Options(Missing.REMOVE), {Permission.MEMBER_REMOVE}),
        (Options(Missing.SYNCED), {Permission.MEMBER_REMOVE}),
        (Options(invite=True), {Permission.INVITATION_CREATE}),
        (Options(move=True), {Permission.MEMBER_REMOVE, Permission.INVITATION_CREATE}),
    ],
)
async def test_each_option_of_an_import_needs_its_rights(
    maple: Office, options: Options, more: set[Permission]
) -> None:
    needed = {Permission.ROSTER_IMPORT, Permission.MEMBER_CREATE}
    assert set(scope.needed(options)) == needed | more
    cleo = await clerk(maple, CREATES)
    values: dict[str, Any] = {"missing": options.missing, "move": options.move, "invite": options.invite}
    if not more:
        assert await cleo.plan([NIA], **values)
        return
    with pytest.raises(NotPermitted) as refused:
        await cleo.plan([NIA], **values)
    assert refused.value.permission in more


async def test_what_a_row_names_in_vain_is_told_with_what_there_is(maple: Office) -> None:
    cleo = await clerk(maple, CREATES)
    rows = [
        (*NIA, "", "Viewer; School Admin"),
        (*LEO, "Elm; Oak", "Viewer; Wizard"),
        (*MIA, "Maple", "Viewer; Wizard"),
        ZOE,
    ]
    found = await cleo.plan(rows, whole_district=True)
    assert isinstance(found, Faulty)
    offered = ("Viewer", "Clerk")
    assert found.errors == (
        RowError(2, Column.ROLES, Problem.ABOVE_CEILING, "School Admin", offered),
        RowError(3, Column.ORGANIZATIONS, Problem.UNKNOWN_SCHOOL, "Elm", ("Maple", "Oak")),
        RowError(3, Column.ORGANIZATIONS, Problem.NOT_YOURS, "Oak"),
        RowError(4, Column.ROLES, Problem.UNKNOWN_ROLE, "Wizard", offered),
    )


async def test_names_of_schools_that_share_what_stands_after_a_comma_are_both_found(maple: Office) -> None:
    await maple.door.says(ADA, '/school edit school:Maple name:"Maple, North"')
    await maple.door.says(ADA, '/school edit school:Oak name:"Oak, North"')
    root = Office(maple.door, "root", "Maple, North")
    found = await root.plan([(*NIA, "Maple, North, Oak, North")], whole_district=True)
    assert not isinstance(found, Faulty)
    found = await root.plan([(*NIA, "Maple, North, Oak, South")], whole_district=True)
    assert isinstance(found, Faulty)
    assert [one.value for one in found.errors] == ["Oak", "South"]


async def test_rows_about_one_person_say_the_same_of_other_schools(maple: Office) -> None:
    root = Office(maple.door, "root")
    found = await root.plan(
        [
            (*NIA, "Maple", "", "Art"),
            (*NIA, "Oak", "", "Maths"),
            (*NIA, "Oak", "", "Art"),
            (*NIA, "Maple; Oak", "", "Art"),
            ("", "Eve", "Lund"),
            (*LEO, " maple "),
        ],
        whole_district=True,
    )
    assert isinstance(found, Faulty)
    assert found.errors == (
        RowError(3, Column.CONTENT_AREAS, Problem.OTHERWISE, "Maths", ("2", "Art")),
        RowError(5, Column.EMAIL, Problem.TWICE, NIA[0], ("2",)),
        RowError(6, Column.EMAIL, Problem.MISSING),
    )


async def test_what_is_wrong_is_in_the_order_of_rows_and_columns(maple: Office) -> None:
    found = await maple.plan(
        [
            ("nia@", "", "", "Elm", "Wizard", "", "", "", "7" * 41),
            ("leo@", "L" * 61, "M", "", "", "", "", "ABC"),
        ]
    )
    assert isinstance(found, Faulty)
    assert [(one.place, one.column) for one in found.errors] == [
        *((2, Column.EMAIL), (2, Column.FIRST_NAME), (2, Column.LAST_NAME)),
        *((2, Column.ORGANIZATIONS), (2, Column.ROLES), (2, Column.EDUCATOR_ID)),
        *((3, Column.EMAIL), (3, Column.FIRST_NAME), (3, Column.MIDDLE_INITIAL)),
    ]


async def test_a_school_without_a_district_has_no_whole_one(door: Door) -> None:
    await door.says(ADA, "/school create Maple approval:automatic")
    with pytest.raises(BadValue) as refused:
        await Office(door).plan([NIA], whole_district=True)
    assert refused.value.problem == "cannot be that: Maple belongs to no district"


async def test_an_import_makes_no_more_changes_than_a_unit_can_do(
    maple: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST", 2)
    assert (await maple.planned([NIA, LEO])).number(StepKind.ADD) == 2
    with pytest.raises(BadValue) as refused:
        await maple.plan([NIA, LEO, MIA])
    assert refused.value.problem == "makes more than 2 changes; give it in parts"


async def test_many_rows_are_looked_at_a_part_after_the_other(
    maple: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await maple.imports([NIA, LEO, MIA, ZOE])
    monkeypatch.setattr(planning, "CHUNK", 1)
    new = ("eve@example.org", "Eve", "Lund")
    plan = await maple.planned([(*NIA, "", "Staff"), LEO, new], missing=Missing.REMOVE)
    assert await maple.what(plan) == {
        "nia": (StepKind.CHANGE, None),
        "leo": (StepKind.SAME, None),
        "eve": (StepKind.ADD, None),
        "mia": (StepKind.REMOVE, None),
        "zoe": (StepKind.REMOVE, None),
        "": (StepKind.KEEP, StepReason.OWN),
    }
    done = await maple.apply(plan, 2)
    undone = await maple.what(await maple.undo(done))  # type: ignore[arg-type]
    assert undone == {
        "nia": (StepKind.CHANGE, None),
        "eve": (StepKind.REMOVE, None),
        "mia": (StepKind.ADD, None),
        "zoe": (StepKind.ADD, None),
    }


async def test_what_an_actor_may_do_is_asked_once_for_each_place(
    maple: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noting(name: str) -> Callable[..., Any]:
        real = getattr(access, name)

        def noted(uow: UnitOfWork, actor: Actor, *more: Any, **of: Any) -> Any:
            asked.append(name)
            return real(uow, actor, *more, **of)

        return noted

    def unit(uow: UnitOfWork) -> None:
        (school,) = uow.schools.overseen(None, "Maple", 9, whole=True)
        reach = scope.Reach(uow, system_admin())
        for name in ("rights_of", "rights_over", "role_named"):
            monkeypatch.setattr(access, name, noting(name))
        district = school.district_id or ""
        for _ in range(2):
            assert reach.at(school.id) == reach.over_district(district)
            assert reach.covers(school.id, "teacher")
            assert reach.role(school.id, "District Admin") is None, "that is no role of a school"
            assert reach.role(school.id, "Wizard") is None
            assert reach.at("unknown") == Rights()
            assert reach.grantable("unknown") == ()
        assert sorted(asked) == ["rights_of", "rights_over", *["role_named"] * 3]

    await maple.door.database.read(unit)
