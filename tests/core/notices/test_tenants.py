"""Which notices share limits and outages: those of a workspace, a mail domain, or a school on Discord."""

import hashlib
from types import SimpleNamespace

from bot.core.notices.destinations import mailbox
from bot.core.notices.notices import Audience, Destination, tell
from bot.core.notices.tenants import school_of, tenant_of
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.requests.mirror_ports import Mirror
from bot.core.rights.actors import AccountKey, Person, Platform
from bot.core.schools.schools import ApprovalsChannel, School
from bot.core.workspaces import events as workspace_events
from tests.core.door import Door
from tests.core.place import GUILD, Place
from tests.outbox import deliver_all
from tests.storage import build
from tests.storage.build import MAPLE


def _with_mail(uow: UnitOfWork, address: str) -> Person:
    made = build.person(uow, "Nia")
    assert uow.people.save_details(made.id, PersonDetails("Nia", "Okafor", email=address, zone="UTC"))
    return made


async def test_what_goes_to_one_place_for_one_school_shares_a_tenant(door: Door) -> None:
    def unit(uow: UnitOfWork) -> None:
        def of(to: Destination, school: School | None = None) -> str:
            return tenant_of(uow, to, school.id if school else None)

        maple, oak = build.school(uow), build.school(uow, "Oak")
        direct = [Destination.direct(AccountKey("discord", one)) for one in ("1", "2")]
        assert of(direct[0], maple) == of(direct[1], maple)
        assert of(direct[0], maple) == f"discord/@{maple.id}"
        assert (of(direct[0], oak), of(direct[0])) == (f"discord/@{oak.id}", "discord/@")
        for channel, school in (("a", maple), ("b", oak)):
            assert of(Destination.in_channel(MAPLE, channel), school) == "discord/700"
        slack = [Destination.direct(AccountKey("slack", one)) for one in ("T1/a", "T1/b/c", "T2/a")]
        assert [of(one, maple) for one in slack] == ["slack/T1", "slack/T1", "slack/T2"]
        addresses = ("a@x.org", "b@X.org", "a@y.org", '"a@y.org"@x.org')
        mails = [mailbox(_with_mail(uow, one).id) for one in addresses]
        one, same, other, quoted = (of(to) for to in mails)
        assert one == same == quoted == "email/" + hashlib.sha256(b"x.org").hexdigest()[:12]
        assert other != one
        nowhere = "email/" + hashlib.sha256(b"").hexdigest()[:12]
        assert of(Destination.by_mail("person:nobody")) == of(Destination(Platform.EMAIL)) == nowhere
        assert of(Destination(Platform.SLACK)) == "slack/"

    await door.database.run(unit)


async def test_each_school_of_a_server_is_told_about_a_crowd(door: Door) -> None:
    def unit(uow: UnitOfWork) -> None:
        served = build.workspace(uow, MAPLE).name
        schools = [build.school(uow, name) for name in ("Maple", "Oak")]
        for number, school in enumerate(schools):
            uow.workspaces.link(school.id, MAPLE, uow.now)
            uow.workspaces.set_approvals_channel(ApprovalsChannel(school.id, MAPLE, f"{number}"))
        for number in range(workspace_events.MOST_WELCOMED + 1):
            workspace_events.joined(uow, MAPLE, AccountKey("discord", f"{number}"))
        for number, school in enumerate(schools):
            of = f"{school.id}/discord/{MAPLE.external_id}/{uow.now:%Y-%m-%dT%H:%M}"
            (place,) = uow.outbox.places(f"crowd:{of}", Audience.ADMIN)
            assert place.channel == f"{number}"
            assert school_of(uow, f"crowd:{of}") == school.id
            assert workspace_events.crowd(uow, of) == (served, workspace_events.MOST_WELCOMED + 1)

    await door.database.run(unit)


_THINGS = ("roster_import", "bulk_job", "broadcast", "followed")
_NAMED = ("digest", "lost_channel", "banned", "lost_link", "crowd")


def test_all_that_people_are_told_is_of_a_school() -> None:
    place = Place()
    of, state, uow = place.school_id, place.state, place.uow
    ada = uow.people.by_id(place.admin.person_id or "")
    assert ada is not None
    for table in (state.roster_imports, state.bulk_jobs, state.broadcasts, state.followers):
        table["mine"] = SimpleNamespace(school_id=of)  # type: ignore[assignment]
    uow.mirrors.put(Mirror(GUILD, of, uow.now))
    made = (build.join_request(uow, place.school, ada), build.invitation(uow, place.school, ada))
    for subject in (
        *(one.subject for one in made),
        *(f"{kind}:mine" for kind in _THINGS),
        *(f"{kind}:{of}/discord/700/08:00" for kind in _NAMED),
        *("message:mine/somebody", "welcome:discord/700", "mirror:discord/700"),
    ):
        assert school_of(uow, subject) == of, subject
    for subject in (
        *(f"{kind}:other" for kind in ("join_request", "invitation", "message", *_THINGS, *_NAMED)),
        *("welcome:discord/701", "mirror:discord/701", f"digest:x/{of}", f"person:{ada.id}", "odd"),
    ):
        assert school_of(uow, subject) is None, subject


def test_a_workspace_of_several_schools_is_the_first_ones() -> None:
    place = Place()
    place.another_school("Abbey", GUILD)
    first, _ = place.uow.schools.linked_to(GUILD)
    assert school_of(place.uow, "welcome:discord/700") == first.id
    place.uow.mirrors.put(Mirror(GUILD, place.school_id, place.clock.now()))
    assert first.id != place.school_id == school_of(place.uow, "mirror:discord/700")


async def test_a_message_knows_its_school(door: Door) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, nia = build.school(uow), build.person(uow)
        request, invitation = build.join_request(uow, maple, nia), build.invitation(uow, maple, nia)
        for subject in (request.subject, invitation.subject, f"digest:{maple.id}/2026-09-01"):
            assert school_of(uow, subject) == maple.id
            tell(uow, subject, Audience.ADMIN, Destination.direct(AccountKey("web", "ada")))
        for subject in ("join_request:none", "digest:none/2026-09-01", f"person:{nia.id}", "odd"):
            assert school_of(uow, subject) is None
        assert {one.school_id for one in deliver_all(uow)} == {maple.id}

    await door.database.run(unit)
