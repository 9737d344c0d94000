"""Roles as they are stored and combined."""

from bot.core.rights.permissions import Permission as P  # noqa: N817 - as the roles' own module has it
from bot.core.rights.roles import SCHOOL_ADMIN, STAFF, Rights, Role, ScopeKind, as_text, atoms, stored


def test_atoms_are_stored_in_order_with_a_space_around_each_so_that_a_query_can_look_for_one():
    assert as_text({P.ROLE_GRANT, P.MEMBER_READ}) == " member.read role.grant "


def test_an_atom_of_an_older_release_counts_for_nothing():
    assert atoms(" member.read member.teleport ") == {P.MEMBER_READ}


def test_a_custom_role_comes_back_as_it_was_made():
    clerk = Role("Clerk", frozenset({P.MEMBER_READ}), frozenset({P.CONTENT_PUBLISH}))
    assert stored("Clerk", as_text(clerk.holds), as_text(clerk.may_grant)) == clerk
    assert stored("Clerk", as_text(clerk.holds), None) == Role("Clerk", clerk.holds)


def test_a_built_in_role_is_itself_whatever_stands_beside_it():
    assert stored("Staff", None, None) is STAFF
    assert stored("Staff", as_text(P), as_text(P)) is STAFF


def test_a_role_that_was_deleted_is_none():
    assert stored("Clerk", None, None) is None


def test_admins_can_still_give_roles_with_invite_rights_that_schools_lack():
    rights = Rights.effective([(SCHOOL_ADMIN, ScopeKind.SCHOOL)], schools_invite=False)
    assert rights.holds == SCHOOL_ADMIN.holds - {P.INVITATION_CREATE}
    assert rights.reach == SCHOOL_ADMIN.reach
    assert Rights.effective([(STAFF, ScopeKind.SCHOOL)], schools_invite=False) == Rights(STAFF.holds)
