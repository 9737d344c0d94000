"""Custom roles of a school: within the reach of their maker, and not for people above them."""

import pytest

from bot.core.errors import (
    AboveYou,
    BadValue,
    NameTaken,
    NotFound,
    NotPermitted,
    OwnRole,
    PermissionsAboveCeiling,
    RoleInUse,
)
from bot.core.rights import custom_roles, roles
from bot.core.rights.actors import Actor
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.values import replace
from tests.core.place import Place
from tests.world import START

READS, EDITS, MAKES = Permission.MEMBER_READ, Permission.MEMBER_EDIT, Permission.ROLE_MANAGE
GIVES = Permission.ROLE_GRANT
OBSERVES, MANAGES = Permission.OBSERVATION_CONDUCT, Permission.DISTRICT_MANAGE


@pytest.fixture
def place() -> Place:
    return Place()


def make(place: Place, name: str = "Desk", *holds: Permission, by: Actor | None = None) -> CustomRole:
    return custom_roles.create(place.uow, by or place.admin, place.school, name, holds=holds or (READS,))


def stored(place: Place, role: CustomRole) -> CustomRole | None:
    return place.uow.roles.by_id(place.school.id, role.id)


def with_role(place: Place, name: str, *holds: Permission) -> Actor:
    """Give a person a custom role."""
    role = CustomRole(name, place.school.id, f"Role of {name}", START, frozenset(holds))
    assert place.uow.roles.add(role)
    return place.member(name, role.name)


def test_a_role_is_made_of_what_its_maker_reaches(place: Place) -> None:
    made = custom_roles.create(
        place.uow, place.admin, place.school, "  Front   Desk ", holds=[READS, EDITS], may_grant=[OBSERVES]
    )
    assert stored(place, made) == made
    assert (made.name, made.created_at) == ("Front Desk", START)
    assert made.holds == {READS, EDITS}
    assert made.may_grant == {OBSERVES}
    told = "role=Front Desk, holds=['member.edit', 'member.read'], may_grant=['observation.conduct']"
    assert place.logged() == [f"Ada (discord) role.created role:{made.id} at Maple Grove -> {told}"]


def test_a_name_that_another_role_has_is_taken(place: Place) -> None:
    make(place)
    for name in ("desk", "Staff", "school admin"):
        with pytest.raises(NameTaken) as refused:
            make(place, name)
        assert refused.value.name == name


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("Ѕtaff", "Staff"),  # noqa: RUF001 - the first letter is Cyrillic
        ("Ｓｔａｆｆ", "Staff"),  # noqa: RUF001 - wide letters
        ("Teаcher", "Teacher"),  # noqa: RUF001 - the a is Cyrillic
        ("School-Admin", "School Admin"),
        ("SchoolAdmin", "School Admin"),
        ("School\u00a0Admin.", "School Admin"),
        ("ΑDMIN", "admin"),  # noqa: RUF001 - the first letter is Greek
        ("0bserver", "Observer"),
        ("Front_0ffice", "Front Office"),
        *(
            (f"Sta{unseen}ff", "Staff")
            for unseen in "\u034f\u115f\u17b5\u180b\u200b\u2800\u3164\ufe0f\uffa0\U000e0101"
        ),
    ],
)
def test_a_name_that_looks_like_another_roles_is_refused(place: Place, name: str, like: str) -> None:
    desk = make(place, "Front Office")
    other = make(place, "Library")
    for attempt in (
        lambda: make(place, name),
        lambda: custom_roles.edit(place.uow, place.admin, place.school, other, name=name),
    ):
        with pytest.raises(BadValue) as refused:
            attempt()
        assert (refused.value.option, refused.value.problem) == (
            "name",
            f"looks like that of the role “{like}”: choose another",
        )
    renamed = custom_roles.edit(place.uow, place.admin, place.school, desk, name="front-office")
    assert renamed.name == "front-office", "its own name is no other's"


def test_names_of_other_alphabets_are_names(place: Place) -> None:
    for name in (
        "Учитель",
        "Ученик",
        "Δάσκαλος",
        "教師",
        "معلم",
        "!!!",
        "???",
        "C++",
        "C",
        "Lärare",
        "Larare",
    ):
        assert make(place, name).name == name


@pytest.mark.parametrize("name", ["Front, Desk", "Front; Desk", "Front|Desk", "Desk;"])
def test_what_separates_a_list_would_be_read_as_two_roles(place: Place, name: str) -> None:
    with pytest.raises(BadValue) as refused:
        make(place, name)
    told = (refused.value.option, refused.value.problem, refused.value.example)
    assert told == ("name", "cannot have a comma or semicolon in it", "Front Office")


def test_a_school_has_so_many_roles_of_its_own(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom_roles, "MOST_ROLES", 1)
    make(place)
    with pytest.raises(BadValue) as refused:
        make(place, "Other")
    assert refused.value.problem == "would be one role too many: a school has 1 of its own at most"


def test_what_is_beyond_ones_reach_is_named(place: Place) -> None:
    clerk = with_role(place, "cleo", MAKES, READS)
    with pytest.raises(PermissionsAboveCeiling) as refused:
        make(place, "Desk", READS, Permission.MEMBER_SUSPEND, EDITS, by=clerk)
    assert refused.value.beyond == ("member.edit", "member.suspend")
    with pytest.raises(PermissionsAboveCeiling) as given:
        custom_roles.create(place.uow, clerk, place.school, "Desk", holds=[READS], may_grant=[EDITS])
    assert given.value.beyond == ("member.edit",)
    assert make(place, "Desk", READS, by=clerk).holds == {READS}


def test_nobody_makes_a_school_role_that_reaches_beyond_the_school(place: Place) -> None:
    root = replace(place.admin, is_system_administrator=True)
    with pytest.raises(PermissionsAboveCeiling) as refused:
        make(place, "Desk", MANAGES, by=root)
    assert refused.value.beyond == ("district.manage",)
    assert MANAGES not in roles.AT_SCHOOL


def test_making_changing_and_deleting_roles_needs_the_right(place: Place) -> None:
    staff, made = place.member("sam", "Staff"), make(place)
    with pytest.raises(NotPermitted):
        make(place, "Other", by=staff)
    with pytest.raises(NotPermitted):
        custom_roles.edit(place.uow, staff, place.school, made, name="Other")
    with pytest.raises(NotPermitted):
        custom_roles.delete(place.uow, staff, place.school, made)


def edit(place: Place, role: CustomRole, by: Actor | None = None, **to: object) -> CustomRole:
    return custom_roles.edit(place.uow, by or place.admin, place.school, role, **to)  # type: ignore[arg-type]


def test_what_is_not_said_stays_and_the_log_has_what_changed(place: Place) -> None:
    made = custom_roles.create(
        place.uow, place.admin, place.school, "Desk", holds=[READS], may_grant=[OBSERVES]
    )
    place.clear_outbox_and_log()
    renamed = edit(place, made, name=" Front  Desk ")
    assert renamed == stored(place, made) == replace(made, name="Front Desk")
    more = edit(place, made, holds=[READS, EDITS])
    assert more == replace(renamed, holds=frozenset({READS, EDITS}))
    gives = edit(place, made, may_grant=[READS])
    assert gives == replace(more, may_grant=frozenset({READS}))
    assert edit(place, made, name="Front Desk") == edit(place, made) == gives
    where = f"Ada (discord) role.edited role:{made.id} at Maple Grove"
    assert place.logged() == [
        f"{where} role=Desk -> role=Front Desk",
        f"{where} holds=['member.read'] -> holds=['member.edit', 'member.read']",
        f"{where} may_grant=['observation.conduct'] -> may_grant=['member.read']",
    ]


def test_a_role_does_not_get_the_name_of_another(place: Place) -> None:
    made = make(place)
    make(place, "Other")
    for name in ("other", "Staff"):
        with pytest.raises(NameTaken):
            edit(place, made, name=name)
    assert stored(place, made) == made


def test_a_role_is_changed_only_by_who_reaches_it_before_and_after(place: Place) -> None:
    clerk = with_role(place, "cleo", MAKES, GIVES, READS)
    wide, narrow = make(place, "Wide", EDITS), make(place)
    for role, holds in ((wide, [READS]), (narrow, [EDITS])):
        with pytest.raises(PermissionsAboveCeiling) as refused:
            edit(place, role, clerk, holds=holds)
        assert refused.value.beyond == ("member.edit",)
    assert edit(place, narrow, clerk, holds=[]).holds == frozenset()


def test_what_a_role_may_do_is_changed_by_who_gives_roles(place: Place) -> None:
    """Whoever has it, or gets it from an invitation or as a newcomer, is given what it may do."""
    clerk, made = with_role(place, "cleo", MAKES, READS, EDITS), make(place)
    place.member("nia", "Desk")
    changes: list[dict[str, list[Permission]]] = [
        {"holds": [READS, EDITS]},
        {"may_grant": [EDITS]},
        {"holds": []},
    ]
    for to in changes:
        with pytest.raises(NotPermitted) as refused:
            edit(place, made, clerk, **to)
        assert refused.value.permission is GIVES
    assert stored(place, made) == made
    assert edit(place, made, clerk, name="Front Desk", holds=[READS]).name == "Front Desk"


def test_nobody_changes_a_role_of_their_own_or_of_whom_is_above_them(place: Place) -> None:
    clerk, made = with_role(place, "cleo", MAKES, READS), make(place)
    own = place.uow.roles.by_name(place.school.id, "Role of cleo")
    assert own is not None
    with pytest.raises(OwnRole):
        edit(place, own, clerk, name="Mine")
    place.member("bea", "School Admin", "Desk")
    with pytest.raises(AboveYou):
        edit(place, made, clerk, name="Theirs")
    assert edit(place, made, name="Theirs").name == "Theirs"


def test_a_role_that_is_gone_is_not_changed(place: Place) -> None:
    made = make(place)
    custom_roles.delete(place.uow, place.admin, place.school, made)
    with pytest.raises(NotFound) as refused:
        edit(place, made, name="Other")
    assert refused.value.what == "role"


def test_a_role_that_somebody_has_is_not_deleted(place: Place) -> None:
    made = make(place)
    nia = place.member("nia", "Desk").known_person
    with pytest.raises(RoleInUse) as refused:
        custom_roles.delete(place.uow, place.admin, place.school, made)
    assert refused.value.role == "Desk"
    place.uow.members.unassign(nia.id, "Desk", place.school.id)
    place.clear_outbox_and_log()
    custom_roles.delete(place.uow, place.admin, place.school, made)
    assert stored(place, made) is None
    told = "role=Desk, holds=['member.read'], may_grant=[]"
    assert place.logged() == [f"Ada (discord) role.deleted role:{made.id} at Maple Grove {told}"]


def test_a_role_is_found_by_name_or_id(place: Place) -> None:
    made = make(place)
    for typed in ("desk", f" {made.id.upper()} "):
        assert custom_roles.find(place.uow, place.school, typed) == made
        assert custom_roles.find_custom(place.uow, place.school, typed) == made
    assert custom_roles.find(place.uow, place.school, "staff") is roles.STAFF
    for typed, what in (("nothing", "role"), ("Staff", "role of the school's own")):
        with pytest.raises(NotFound) as refused:
            custom_roles.find_custom(place.uow, place.school, typed)
        assert refused.value.what == what


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", set()),
        ("none", set()),
        ("None , member.read", {READS}),
        ("member.read,,MEMBER.EDIT", {READS, EDITS}),
        (READS.phrase.upper().replace(" ", "   "), {READS}),
        ("member.*", {one for one in Permission if one.value.startswith("member.")}),
        ("Staff", set(roles.STAFF.holds)),
        ("observer, staff", {OBSERVES, *roles.STAFF.holds}),
    ],
)
def test_permissions_are_read_as_people_type_them(typed: str, meant: set[Permission]) -> None:
    assert custom_roles.read_permissions(typed) == meant


@pytest.mark.parametrize("typed", ["nothing", "member", "member.", "nothing.*", ".*", "x" * 41])
def test_words_that_mean_no_permission_are_told(typed: str) -> None:
    with pytest.raises(BadValue) as refused:
        custom_roles.read_permissions(f"member.read, {typed} ")
    told = (refused.value.option, refused.value.problem, refused.value.example)
    assert told == ("permissions", f"has no meaning: “{typed[:40]}”", "member.read, Reporter")
