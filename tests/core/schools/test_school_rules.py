"""Schools, their settings and workspaces, as rules in memory: what is refused, and what is logged."""

from datetime import date, time
from functools import partial

import pytest

from bot.core import claims
from bot.core.claims import Purpose
from bot.core.errors import BadValue, ClaimUnusable, NameTaken, NotFound, WorkspaceAdminNeeded
from bot.core.joining_errors import NotLinkedHere
from bot.core.requests.questions import Question
from bot.core.rights.actors import Actor, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR
from bot.core.schools import public_schools, schools
from bot.core.schools import settings as school_settings
from bot.core.schools.holidays import Holiday
from bot.core.schools.schools import ApprovalsChannel, School, SchoolAccess
from bot.core.schools.settings import SchoolSettings
from bot.core.values import replace
from bot.core.workspaces import unlinking
from tests.core.place import GUILD, OTHER, Place
from tests.storage import build


def _administering(place: Place, name: str, key: WorkspaceKey | None = OTHER) -> Actor:
    """Return a stranger who administers a workspace."""
    stranger = place.actor(None, name, key)
    return replace(
        stranger, caller=replace(stranger.caller, administers_workspace=True, workspace_name="Oaks")
    )


def _offers(place: Place) -> str:
    return schools.offer_link(place.uow, place.admin, place.school)


def test_the_creator_of_a_school_is_its_admin_and_the_log_keeps_its_settings() -> None:
    place = Place()
    place.clear_outbox_and_log()
    eve = _administering(place, "eve")
    made = schools.create(place.uow, eve, "Oak Hill", zone="Asia/Tokyo", support_contact="the office")
    person = place.uow.people.by_account(eve.caller.account)
    assert person is not None
    assert made == School(
        made.id, "Oak Hill", place.clock.now(), zone="Asia/Tokyo", support_contact="the office",
        primary_admin_id=person.id,
    )  # fmt: skip
    assert place.uow.schools.linked_to(OTHER) == [made]
    assert Permission.SCHOOL_EDIT in place.uow.members.rights(person.id, made).holds
    (given,) = [one for one in place.state.given.values() if one.what.scope == made.id]
    assert (given.granted_by, given.what.role) == (person.id, "School Admin")
    (entry,) = [one for one in place.state.audit_entries if one.action == "school.created"]
    assert (entry.actor_id, entry.school_id, entry.subject) == (person.id, made.id, made.subject)
    assert entry.new == schools.audited_settings(made)
    assert entry.new["support_contact"] is True
    assert not {"id", "created_at", "archived_at"} & set(entry.new)


def test_a_workspace_is_known_once_however_many_schools_it_has() -> None:
    place = Place()
    eve = _administering(place, "eve")
    known = []
    for name in ("Oak Hill", "Elm Street"):
        schools.create(place.uow, eve, name)
        known.append(place.uow.workspaces.by_key(OTHER))
    first, again = known
    assert first is not None
    assert (first.key, first.name) == (OTHER, "Oaks")
    assert again == first


def test_only_administrators_of_a_workspace_create_schools_there() -> None:
    place = Place()
    nowhere = _administering(place, "eve", None)
    for who in (place.admin, place.actor(None, "zoe"), nowhere):
        with pytest.raises(WorkspaceAdminNeeded):
            schools.create(place.uow, who, "Oak Hill")
        with pytest.raises(WorkspaceAdminNeeded):
            schools.link(place.uow, who, "2222-3333-44444")


def test_system_administrators_administer_every_workspace() -> None:
    place = Place()
    by_settings = place.system_admin()
    by_code = place.member("ruth")
    assert [schools.is_system_administrator(place.uow, one) for one in (by_settings, by_code)] == [
        True,
        False,
    ]
    assert not schools.is_system_administrator(place.uow, place.actor(None, "zoe"))
    ruth = by_code.known_person.id
    place.uow.members.assign(ruth, SYSTEM_ADMINISTRATOR.name, None, by=None, at=place.clock.now())
    assert schools.is_system_administrator(place.uow, by_code)
    assert schools.administers(place.uow, by_code)
    outside = replace(by_settings, caller=replace(by_settings.caller, workspace=None))
    assert not schools.administers(place.uow, outside)


def test_a_name_is_one_schools_in_a_workspace_and_in_a_district() -> None:
    place = Place()
    eve = _administering(place, "eve", GUILD)
    with pytest.raises(NameTaken) as taken:
        schools.create(place.uow, eve, "maple grove")
    assert taken.value.name == "maple grove"
    schools.create(place.uow, _administering(place, "eve"), "maple grove")  # elsewhere it is another
    with pytest.raises(NameTaken):
        schools.link(place.uow, _administering(place, "mia"), _offers(place))
    for deed in (schools.add, schools.save):
        one = build.school(place.uow, "Elm", district_id="north")
        other = School(build.fresh_id(), "Elm" if deed is schools.add else "Oak", one.created_at, "north")
        if deed is schools.save:
            schools.add(place.uow, other)
        with pytest.raises(NameTaken) as taken:
            deed(place.uow, replace(other, name="Elm"))
        assert taken.value.name == "Elm"
        place.state.schools.pop(one.id)


def test_what_was_shown_in_a_workspace_is_redrawn_when_it_is_linked_again() -> None:
    place = Place()
    oak, nia = place.another_school("Oak Hill", GUILD), place.person("nia")
    mine, _ = requests = [build.join_request(place.uow, of, nia) for of in (place.school, oak)]
    for request in requests:
        place.shown(request.subject)
    unlinking.bot_removed(place.uow, GUILD)
    code = _offers(place)
    place.clear_outbox_and_log()
    schools.link(place.uow, _administering(place, "eve", GUILD), code)
    assert place.redrawn() == [mine.subject]


def test_a_school_is_linked_to_another_workspace_and_to_one_again() -> None:
    place = Place()
    place.clear_outbox_and_log()
    linked = schools.link(place.uow, _administering(place, "eve"), _offers(place))
    assert linked == place.school
    assert place.uow.schools.linked_to(OTHER) == [linked]
    # Its own name does not stand in its way where it is linked already.
    assert schools.link(place.uow, _administering(place, "eve"), _offers(place)) == linked
    what = "school:Maple Grove at Maple Grove"
    assert place.logged()[:2] == [
        f"Ada (discord) school.link_offered {what}",
        f"- (discord) school.linked {what} -> workspace=discord:701",
    ]


@pytest.mark.parametrize("subject", ["gone", "gone/gone", "{school}", "{school}/gone", "{school}/{nobody}"])
def test_a_code_links_only_a_school_whose_admin_made_it(subject: str) -> None:
    place = Place()
    nobody = place.member("nia").person
    assert nobody is not None
    made = subject.format(school=place.school.id, nobody=nobody.id)
    code = claims.issue(place.uow, Purpose.LINK_SCHOOL, subject=made)
    with pytest.raises(ClaimUnusable):
        schools.link(place.uow, _administering(place, "eve"), code)


def test_a_new_school_is_linked_where_its_maker_administers() -> None:
    place = Place()
    elm = build.school(place.uow, "Elm")
    for who in (place.member("nia"), _administering(place, "eve", None)):
        schools.link_where_administered(place.uow, who, elm)
    assert place.uow.schools.linked_to(GUILD) == [place.school]
    eve = _administering(place, "eve", GUILD)
    schools.link_where_administered(place.uow, eve, elm)
    assert {one.name for one in place.uow.schools.linked_to(GUILD)} == {"Maple Grove", "Elm"}
    with pytest.raises(NameTaken):
        schools.link_where_administered(place.uow, eve, build.school(place.uow, "Maple Grove"))


def test_approval_cards_go_to_a_channel_of_the_workspace() -> None:
    place = Place()
    place.clear_outbox_and_log()
    for _ in range(2):
        schools.set_approvals_channel(place.uow, place.admin, place.school, "c1")
    assert place.uow.workspaces.approvals_channels(place.school.id) == [
        ApprovalsChannel(place.school.id, GUILD, "c1")
    ]
    what = "school.approvals_channel_set school:Maple Grove at Maple Grove"
    assert place.logged() == [f"Ada (discord) {what} -> workspace=discord:700, channel=c1"]


def test_a_channel_is_chosen_though_the_school_changed_since_it_was_read() -> None:
    place = Place()
    read = place.school
    place.uow.schools.save(replace(read, support_contact="the office"))
    schools.set_approvals_channel(place.uow, place.admin, read, "c1")
    assert [one.channel for one in place.uow.workspaces.approvals_channels(read.id)] == ["c1"]


@pytest.mark.parametrize("key", [None, OTHER])
def test_no_channel_is_chosen_where_the_school_is_not(key: WorkspaceKey | None) -> None:
    place = Place()
    elsewhere = replace(place.admin, caller=replace(place.admin.caller, workspace=key))
    with pytest.raises(NotLinkedHere):
        schools.set_approvals_channel(place.uow, elsewhere, place.school, "c1")


def test_the_log_keeps_only_the_changed_settings() -> None:
    place = Place()
    place.clear_outbox_and_log()
    edit = partial(school_settings.edit_school, place.uow, place.admin, place.school)
    assert edit(name=None, zone=None) == place.school
    assert edit(name="Maple Grove") == place.school
    place.another_school("Elm", GUILD)
    with pytest.raises(NameTaken):
        edit(name="ELM")
    edited = edit(name="Maple", late_codes=True, approver_dms=True)
    assert edited == place.school
    assert (edited.name, edited.late_codes, edited.zone) == ("Maple", True, "UTC")
    edit(name="MAPLE")
    what = "Ada (discord) school.edited school:MAPLE at MAPLE"
    assert place.logged() == [
        f"{what} late_codes=False, name=Maple Grove -> late_codes=True, name=Maple",
        f"{what} name=Maple -> name=MAPLE",
    ]


def test_settings_are_logged_as_they_were_and_are() -> None:
    place = Place()
    place.clear_outbox_and_log()
    day = Holiday(date(2026, 12, 24), date(2026, 12, 24))
    edit = partial(school_settings.edit, place.uow, place.admin, place.school)
    asked = (Question("Which class?"),)
    after = edit({"holidays": (day,), "digest_at": None, "questions": asked})
    assert after == replace(SchoolSettings(), holidays=(day,), digest_at=None, questions=asked)
    assert place.uow.settings.of(place.school.id) == after
    edit({"digest_at": time(7, 5)})
    edit({"digest_at": time(7, 5)})
    what = "Ada (discord) school.edited school:Maple Grove at Maple Grove"
    first, second = place.logged()
    digests = [school_settings.audited(one)["questions"] for one in (SchoolSettings(), after)]
    assert first == (
        f"{what} digest_at=08:00, holidays=[], questions={digests[0]}"
        f" -> digest_at=None, holidays=['2026-12-24'], questions={digests[1]}"
    )
    assert str(digests[1]).startswith("1 (")
    assert second == f"{what} digest_at=None -> digest_at=07:05"


DISORDER = [
    ({"escalate_hours": 24}, "escalate_hours", "must be more than the 24 hours until the reminder", ""),
    ({"lapse_days": 3}, "lapse_days", "must be more than the 72 hours before it", ""),
    ({"digest_days": ()}, "digest_days", "is missing", "Mon-Fri"),
]


@pytest.mark.parametrize(("changes", "option", "problem", "example"), DISORDER)
def test_what_would_never_be_seen_is_refused(
    changes: dict[str, object], option: str, problem: str, example: str
) -> None:
    place = Place()
    with pytest.raises(BadValue) as wrong:
        school_settings.edit(place.uow, place.admin, place.school, changes)
    assert (wrong.value.option, wrong.value.problem, wrong.value.example) == (option, problem, example)


ORDER: list[dict[str, object]] = [
    {"escalate_hours": 25},
    {"escalate_hours": 0, "remind_hours": 100},
    {"lapse_days": 4},
    {"lapse_days": 0, "escalate_hours": 1000},
    {"digest_at": None, "digest_days": ()},
]


@pytest.mark.parametrize("changes", ORDER)
def test_what_comes_in_order_or_never_is_taken(changes: dict[str, object]) -> None:
    place = Place()
    after = school_settings.edit(place.uow, place.admin, place.school, changes)
    assert after == replace(SchoolSettings(), **changes)  # type: ignore[arg-type]


# Public schools.


def _public(place: Place, name: str, **settings: object) -> School:
    return build.school(place.uow, name, access=SchoolAccess.PUBLIC, **settings)


def test_a_public_school_is_found_by_its_id_and_no_other_is() -> None:
    place = Place()
    oak = _public(place, "Oak")
    for typed in (oak.id, f" {oak.id.upper()} "):
        assert public_schools.by_id(place.uow, typed) == oak
    closed = _public(place, "Elm", archived_at=place.clock.now())
    for unknown in (place.school.id, closed.id, "nothing"):
        with pytest.raises(NotFound) as refused:
            public_schools.by_id(place.uow, unknown)
        assert refused.value.what == "school"


def test_a_public_school_is_called_by_id_by_whole_name_or_by_a_part() -> None:
    place = Place()
    oak, hill = _public(place, "Oak"), _public(place, "Oak Hill")
    long = _public(place, "An Oak with 26 letters now")
    assert len(long.name) == len(oak.id)
    called = partial(public_schools.called, place.uow, limit=9)
    assert called(oak.id) == [oak]
    assert called(" oak ") == [oak]
    assert called("oak   hill") == [hill]
    assert called("OA") == [long, oak, hill]
    assert called(long.name) == [long]
    assert called("maple") == []
    assert public_schools.called(place.uow, "oa", 1) == [long]


def test_only_one_school_is_the_one_that_is_meant() -> None:
    place = Place()
    oak, hill = _public(place, "Oak"), _public(place, "Oak Hill")
    assert public_schools.only([oak]) == oak
    for found in ([], [oak, hill]):
        with pytest.raises(NotFound) as unclear:
            public_schools.only(found)
        assert unclear.value.what == "school"
