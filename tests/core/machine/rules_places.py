"""Rules of the machine: settings, custom roles, archiving and moving of schools, roles over districts."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.core.rights.permissions import Permission
from bot.core.rights.roles import AT_SCHOOL
from tests.core.machine.rules_members import Members
from tests.core.machine.stage import DONE, UNCHANGED
from tests.core.machine.things import Able, OwnRole, Place
from tests.core.machine.who import CHIEFS, NUMBER, RULERS

_ATOMS = st.frozensets(
    st.sampled_from([*sorted(AT_SCHOOL), *[Permission.MEMBER_READ, Permission.ROLE_GRANT] * 3]), max_size=4
)
# At most one more permission, which may be one that no school can give.
_FEW = st.frozensets(st.sampled_from([Permission.MEMBER_READ, Permission.SYSTEM_MANAGE]), max_size=1)


class Places(Members):
    """What admins do to schools and districts."""

    @rule(
        who=CHIEFS,
        where=NUMBER,
        approval=st.sampled_from(["", "automatic", "by request"]),
        access=st.sampled_from(["", "", "public", "private"]),
        skips=st.sampled_from(["", "", "yes", "no"]),
        role=st.sampled_from(["", "", "", "Viewer", "Staff", "School Admin"]),
        custom=NUMBER,
    )
    def edit_school(
        self, who: str, where: int, approval: str, access: str, skips: str, role: str, custom: int
    ) -> None:
        place = self.place(where, who)
        own = [one.name for one in place.own_roles.values()]
        role = own[custom % len(own)] if own and custom % 5 == 0 else role
        after = (
            access == "public" if access else place.public,
            approval == "automatic" if approval else place.automatic,
            skips == "yes" if skips else place.skips,
            role or place.default_role,
        )
        before = (place.public, place.automatic, place.skips, place.default_role)
        outcome = self.barrier(who, place, Permission.SCHOOL_EDIT) or (UNCHANGED if after == before else DONE)
        if outcome in {DONE, UNCHANGED} and role and not self.ceiling(who, place, role):
            outcome = "RoleAboveCeiling"
        values = {"approval": approval, "access": access, "invitation_skips_approval": skips}
        if self.acts(who, "school edit", outcome, default_role=role, school=place.id, **values):
            place.public, place.automatic, place.skips, place.default_role = after

    @rule(who=CHIEFS, where=NUMBER, number=st.integers(0, 3), holds=_ATOMS, gives=_ATOMS, odd=_FEW)
    def make_role(
        self,
        who: str,
        where: int,
        number: int,
        holds: frozenset[Permission],
        gives: frozenset[Permission],
        odd: frozenset[Permission],
    ) -> None:
        place, name = self.place(where, who), f"Own {number}"
        wanted = Able(holds | odd, gives)
        outcome = self.barrier(who, place, Permission.ROLE_MANAGE) or DONE
        if outcome == DONE and not self._within(who, place, wanted):
            outcome = "PermissionsAboveCeiling"
        if outcome == DONE and name in {one.name for one in place.own_roles.values()}:
            outcome = "NameTaken"
        if self.acts(who, "role create", outcome, name=name, school=place.id, **_typed(wanted)):
            self._keep(place, OwnRole(name, wanted))

    def _within(self, who: str, place: Place, wanted: Able) -> bool:
        return wanted.reach <= self.model.able(self.model.who(who), place, who).reach & AT_SCHOOL

    def _keep(self, place: Place, role: OwnRole) -> None:
        stored = self.wait(self.door.database.read(lambda uow: uow.roles.by_name(place.id, role.name)))
        assert stored is not None
        place.own_roles[stored.id] = role

    @rule(who=CHIEFS, where=NUMBER, which=NUMBER, holds=_ATOMS, gives=_ATOMS, rename=st.booleans())
    def edit_role(
        self,
        who: str,
        where: int,
        which: int,
        holds: frozenset[Permission],
        gives: frozenset[Permission],
        *,
        rename: bool,
    ) -> None:
        place = self.place(where, who)
        if not place.own_roles:
            return
        role_id = list(place.own_roles)[which % len(place.own_roles)]
        before = place.own_roles[role_id]
        after = OwnRole(f"New {which % 3}" if rename else before.name, Able(holds, gives))
        others = {one.name for of, one in place.own_roles.items() if of != role_id}
        outcome = self.barrier(who, place, Permission.ROLE_MANAGE) or self._may_edit(
            who, place, before, after
        )
        if outcome == DONE and after == before:
            outcome = UNCHANGED
        elif outcome == DONE and after.name in others:
            outcome = "NameTaken"
        values = {"role": role_id, "name": after.name, "school": place.id}
        if self.acts(who, "role edit", outcome, [place], **values, **_typed(after.able)):
            self._rename(place, before.name, after.name)
            place.own_roles[role_id] = after

    def _may_edit(self, who: str, place: Place, before: OwnRole, after: OwnRole) -> str:
        actor = self.model.who(who)
        if not (self._within(who, place, before.able) and self._within(who, place, after.able)):
            return "PermissionsAboveCeiling"
        if before.able != after.able and (refused := self.barrier(who, place, Permission.ROLE_GRANT)):
            return refused
        holders = [person for person, seat in place.seats.items() if before.name in seat.roles]
        if actor in holders:
            return "OwnRole"
        able = self.model.able(actor, place, who)
        above = any(self.model.given(person, place).reach - able.reach for person in holders)
        return "AboveYou" if above else DONE

    def _rename(self, place: Place, before: str, after: str) -> None:
        for seat in place.seats.values():
            seat.roles = {after if one == before else one for one in seat.roles}
        for ask in self.model.requests:
            if (ask.place, ask.role) == (place, before):
                ask.role = after
        for invited in self.model.invitations:
            if (invited.place, invited.role) == (place, before):
                invited.role = after
            invited.grants = tuple(
                (of, after if (of, role) == (place, before) else role) for of, role in invited.grants
            )
        place.default_role = after if place.default_role == before else place.default_role

    @rule(who=CHIEFS, where=NUMBER, which=NUMBER)
    def delete_role(self, who: str, where: int, which: int) -> None:
        place = self.place(where, who)
        if not place.own_roles:
            return
        role_id = list(place.own_roles)[which % len(place.own_roles)]
        role = place.own_roles[role_id]
        outcome = self.barrier(who, place, Permission.ROLE_MANAGE) or DONE
        if outcome == DONE and not self._within(who, place, role.able):
            outcome = "PermissionsAboveCeiling"
        used = (
            place.default_role == role.name
            or any(role.name in seat.roles for seat in place.seats.values())
            or any(one.brings(place, role.name) for one in self.model.invitations)
            or any(
                (one.place, one.role, one.state) == (place, role.name, "pending")
                for one in self.model.requests
            )
        )
        if outcome == DONE and used:
            outcome = "RoleInUse"
        if self.acts(who, "role delete", outcome, role=role_id, school=place.id):
            del place.own_roles[role_id]

    @rule(
        who=RULERS,
        what=st.sampled_from(["open", "open", "close", "move", "district"]),
        number=NUMBER,
        to=st.integers(0, 2),
    )
    def change_the_tree(self, who: str, what: str, number: int, to: int) -> None:
        if what == "move":
            self._move_school(who, self.place(number, who), [*self.model.districts, None][to])
        elif what == "district":
            self._archive_district(who, number, close=to == 0)
        else:
            place = self.place(number, who)
            closed = [one for one in self.model.places.values() if one.archived]
            self._close_or_open(who, closed[0] if closed and to else place, opened=what == "open")

    def _close_or_open(self, who: str, place: Place, *, opened: bool) -> None:
        outcome = self.barrier(who, place, Permission.SCHOOL_CREATE) or DONE
        if outcome == DONE and place.archived is not opened:
            outcome = "NothingToChange"
        elif outcome == DONE and opened and self.model.districts.get(place.district or ""):
            outcome = "DistrictArchived"
        path, name = ("school restore", "name") if opened else ("school archive", "school")
        if self.acts(who, path, outcome, [place], **{name: place.id}):
            place.archived = not opened

    def _move_school(self, who: str, place: Place, district: str | None) -> None:
        outcome = self.barrier(who, place, Permission.SCHOOL_CREATE) or DONE
        ruling = self.model.rules(who)
        over = self.model.over(self.model.who(who), district).holds
        if outcome == DONE and district and not (ruling or over):
            outcome = "NotFound"
        elif outcome == DONE and district and self.model.districts[district]:
            outcome = "DistrictArchived"
        elif outcome == DONE and not (ruling or Permission.SCHOOL_CREATE in over):
            outcome = "NotPermitted"
        elif outcome == DONE and district == place.district:
            outcome = "NothingToChange"
        if self.acts(who, "school move", outcome, [place], district=district or "", school=place.id):
            place.district = district

    def _archive_district(self, who: str, which: int, *, close: bool) -> None:
        district = list(self.model.districts)[which % 2]
        outcome = self._over(who, district, Permission.DISTRICT_MANAGE)
        if outcome == DONE and self.model.districts[district] is close:
            outcome = "NothingToChange"
        at_work = [one for one in self.model.places.values() if one.district == district and not one.archived]
        if outcome == DONE and close and at_work:
            outcome = "DistrictNotEmpty"
        path = "district archive" if close else "district restore"
        if self.acts(who, path, outcome, district=district):
            self.model.districts[district] = close

    def _over(self, who: str, district: str, needs: Permission) -> str:
        over = self.model.over(self.model.who(who), district)
        if self.model.rules(who) or needs in over.holds:
            return DONE
        return "NotPermitted" if over.reach else "NotFound"

    @rule(
        who=RULERS,
        which=NUMBER,
        whom=NUMBER,
        role=st.sampled_from(["District Admin", "District User"]),
        give=st.sampled_from([True, True, False]),
    )
    def role_over_district(self, who: str, which: int, whom: int, role: str, *, give: bool) -> None:
        district, actor = list(self.model.districts)[which % 2], self.model.who(who)
        people = [one for one in self.model.people() if one not in self.model.gone]
        person = people[whom % len(people)]
        has = (person, district, role) in self.model.wider
        outcome = self._over(who, district, Permission.ROLE_GRANT)
        if outcome == DONE and not (self.model.rules(who) or self._near(district, person)):
            outcome = "NotFound"
        elif outcome == DONE and person == actor:
            outcome = "OwnMembership"
        elif outcome == DONE and self.model.rules(person=person) and not self.model.rules(who):
            outcome = "AboveYou"
        elif outcome == DONE and has is give:
            outcome = "NothingToChange"
        path = "district grant" if give else "district revoke"
        near = [one for one in self.model.places.values() if one.district == district]
        if self.acts(who, path, outcome, near, person=person, role=role, district=district):
            change = self.model.wider.append if give else self.model.wider.remove
            change((person, district, role))

    def _near(self, district: str, person: str) -> bool:
        """Tell whether a person is an active member in a district, or has a role over it."""
        own = [one for one in self.model.places.values() if one.district == district and person in one.seats]
        member = any(one.seats[person].standing == "active" for one in own)
        return member or bool(self.model.over(person, district).reach)


def _typed(able: Able) -> dict[str, str]:
    return {
        "permissions": ", ".join(sorted(able.holds)) or "none",
        "grants": ", ".join(sorted(able.gives)) or "none",
    }
