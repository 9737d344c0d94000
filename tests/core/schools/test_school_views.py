"""What people who may see a school's members see of the school, and what only its admins see."""

from bot.core.rights.actors import Actor
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.views import SchoolView, view
from tests.core.place import GUILD, Place
from tests.world import START


def _seen(place: Place, by: Actor) -> SchoolView:
    return view(place.uow, by, place.school)


def test_only_admins_see_the_linked_workspaces() -> None:
    place = Place()
    for by, edits in ((place.admin, True), (place.member("kim", "Staff"), False)):
        seen = _seen(place, by)
        assert (seen.may_edit, [one.key for one in seen.linked]) == (edits, [GUILD] if edits else [])
        assert (seen.primary, seen.district, seen.may_restore) == ("Ada", "", False)
        assert seen.due is not None
        assert seen.due > place.clock.now()


def test_an_archived_school_is_restored_by_its_districts_admins_and_has_no_digest() -> None:
    place = Place()
    place.uow.districts.add(District("north", "North", START))
    place.save(place.school, district_id="north", primary_admin_id=None)
    dora = place.person("dora")
    place.uow.districts.assign(dora.id, DISTRICT_ADMIN.name, "north", by=None, at=START)
    head, root = place.actor(dora), place.system_admin(place.person("rex"))
    for by in (head, root):
        assert not _seen(place, by).may_restore, "it is at work"
    place.save(place.school, archived_at=START)
    for by, restores in ((head, True), (root, True), (place.admin, False)):
        seen = _seen(place, by)
        assert (seen.may_restore, seen.district, seen.primary, seen.due) == (restores, "North", "", None)
