"""The grant ceiling, for every possible set of rights."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.rights.permissions import Permission
from bot.core.rights.roles import BUILT_IN, SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR, Rights, Role, may_grant

_SETS = st.frozensets(st.sampled_from(list(Permission)), max_size=len(Permission))
_ROLES = st.one_of(st.builds(Role, st.just("custom"), _SETS, _SETS), st.sampled_from(BUILT_IN))
_RIGHTS = st.one_of(
    st.builds(Rights, _SETS, _SETS),
    st.lists(st.sampled_from(BUILT_IN), max_size=3).map(lambda some: Rights.of(one.name for one in some)),
)


@st.composite
def _able(draw: st.DrawFn) -> tuple[Rights, Role]:
    """Draw the rights of a person who may give roles, and a role within what they hold or may grant."""
    giver = Rights(draw(_SETS) | {Permission.ROLE_GRANT}, draw(_SETS))
    within = st.frozensets(st.sampled_from(sorted(giver.holds | giver.may_grant)))
    return giver, Role("custom", draw(within), draw(within))


def reach(rights: Rights) -> frozenset[Permission]:
    return rights.holds | rights.may_grant


def after(target: Rights, role: Role) -> Rights:
    """Return the rights of a person who is given one more role."""
    return Rights(target.holds | role.holds, target.may_grant | role.may_grant)


@given(_RIGHTS, _ROLES, _RIGHTS)
def test_nobody_gives_what_lies_outside_of_what_they_hold_or_may_grant(
    giver: Rights, role: Role, target: Rights
) -> None:
    if may_grant(giver, role, target=target, target_is_giver=False):
        assert Permission.ROLE_GRANT in giver.holds
        assert role.holds | role.may_grant <= reach(giver)
        assert reach(target) <= reach(giver), "nobody touches those above them"


@given(_able(), _RIGHTS)
def test_what_lies_within_is_given_to_those_who_are_not_above(
    able: tuple[Rights, Role], target: Rights
) -> None:
    giver, role = able
    below = reach(target) <= reach(giver)
    assert may_grant(giver, role, target=target, target_is_giver=False) is below


@given(_RIGHTS, st.lists(_ROLES, min_size=1, max_size=6))
def test_no_chain_of_grants_climbs(first: Rights, roles: list[Role]) -> None:
    """Each person who is given a role gives the next one: no new right appears."""
    giver = first
    for role in roles:
        if may_grant(giver, role, target=Rights(), target_is_giver=False):
            giver = after(Rights(), role)
            assert reach(giver) <= reach(first)


@given(_RIGHTS, _ROLES, _RIGHTS)
def test_nobody_gives_a_role_to_themselves(giver: Rights, role: Role, target: Rights) -> None:
    assert not may_grant(giver, role, target=target, target_is_giver=True)


@given(_ROLES, _RIGHTS)
def test_without_the_right_nothing_is_given(role: Role, target: Rights) -> None:
    giver = Rights(frozenset(Permission) - {Permission.ROLE_GRANT}, frozenset(Permission))
    assert not may_grant(giver, role, target=target, target_is_giver=False)


@given(_RIGHTS, _ROLES)
def test_more_rights_never_give_less(giver: Rights, role: Role) -> None:
    if may_grant(giver, role, target=Rights(), target_is_giver=False):
        everything = Rights(frozenset(Permission))
        assert may_grant(everything, role, target=Rights(), target_is_giver=False)


def test_what_the_built_in_roles_may_give() -> None:
    admin = Rights.of([SCHOOL_ADMIN.name])
    given_by_admin = {
        one.name for one in BUILT_IN if may_grant(admin, one, target=Rights(), target_is_giver=False)
    }
    assert given_by_admin == {one.name for one in BUILT_IN} - {"System Administrator", "District Admin"}
    for name in ("Staff", "Viewer", "Teacher", "Reporter", "District User"):
        holder = Rights.of([name])
        assert not any(may_grant(holder, one, target=Rights(), target_is_giver=False) for one in BUILT_IN)
    root = Rights.of([SYSTEM_ADMINISTRATOR.name])
    assert all(may_grant(root, one, target=Rights(), target_is_giver=False) for one in BUILT_IN)


def test_an_unknown_role_adds_nothing() -> None:
    assert Rights.of(["Emperor", ""]) == Rights()
