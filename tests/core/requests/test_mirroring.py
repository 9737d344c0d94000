"""Requests from Discord's own form: whose school decides them, and which become join requests."""

from datetime import timedelta

import pytest

from bot.core.errors import NothingToChange, NotPermitted
from bot.core.joining_errors import MirroredElsewhere, NoOwnRequests, NotLinkedHere
from bot.core.notices.notices import Audience
from bot.core.people.members import Access, Standing
from bot.core.requests import join_requests, mirroring
from bot.core.requests.mirror_ports import (
    Mirror,
    MirroredRequest,
    PlatformRequest,
    PlatformRequestState,
)
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.mirrored import (
    ANSWERS,
    ASKED,
    HOUR,
    MINUTE,
    MIRROR,
    NIA,
    NOBODY,
    apply,
    archive,
    asked_to_look,
    decides,
    filed,
    known,
    mirror,
)
from tests.core.place import GUILD, OTHER, Place, discord
from tests.fakes.schools import FakeSchools
from tests.world import START


@pytest.fixture
def place() -> Place:
    """A school that mirrors its guild's requests."""
    return decides()


def test_a_school_decides_the_requests_of_its_server_until_it_does_not() -> None:
    place = Place()
    assert mirroring.shown(place.uow, place.admin, place.school) == mirroring.MirrorView(place.school, None)
    mirroring.switch(place.uow, place.admin, place.school, on=True)
    made = Mirror(GUILD, place.school.id, look_at=START)
    assert mirroring.shown(place.uow, place.admin, place.school) == mirroring.MirrorView(place.school, made)
    mirroring.switch(place.uow, place.admin, place.school, on=False)
    assert mirroring.shown(place.uow, place.admin, place.school).mirror is None
    where = "school:Maple Grove at Maple Grove -> workspace=discord:700"
    assert place.logged() == [
        f"Ada (discord) school.mirror_on {where}",
        f"Ada (discord) school.mirror_off {where}",
    ]


@pytest.mark.parametrize("on", [True, False])
def test_what_is_so_already_changes_nothing(*, on: bool) -> None:
    place = Place()
    if on:
        mirroring.switch(place.uow, place.admin, place.school, on=True)
    with pytest.raises(NothingToChange) as refused:
        mirroring.switch(place.uow, place.admin, place.school, on=on)
    assert refused.value.state == ("on already" if on else "off already")


def test_only_who_may_edit_the_school_turns_it_on() -> None:
    place = Place()
    with pytest.raises(NotPermitted):
        mirroring.switch(place.uow, place.member("sam", "Staff"), place.school, on=True)
    assert place.uow.mirrors.of(GUILD) is None


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        (None, NoOwnRequests),
        (WorkspaceKey(Platform.SLACK, "T1"), NoOwnRequests),
        (OTHER, NotLinkedHere),
    ],
)
def test_only_servers_of_discords_that_the_school_is_linked_to_have_such_requests(
    key: WorkspaceKey | None, refusal: type[Exception]
) -> None:
    place = Place()
    elsewhere = place.actor(place.admin.person, key=key)
    with pytest.raises(refusal):
        mirroring.switch(place.uow, elsewhere, place.school, on=True)
    with pytest.raises(refusal):
        mirroring.shown(place.uow, elsewhere, place.school)


@pytest.mark.parametrize("on", [True, False])
def test_one_school_of_a_server_decides_as_long_as_it_is_there(place: Place, *, on: bool) -> None:
    oak = place.another_school("Oak Hill", GUILD)
    bea = place.member("bea", "School Admin", of=oak)
    assert mirroring.shown(place.uow, bea, oak).mirror is None
    with pytest.raises(MirroredElsewhere):
        mirroring.switch(place.uow, bea, oak, on=on)
    archive(place, place.school)
    if on:
        mirroring.switch(place.uow, bea, oak, on=True)
        assert mirror(place).school_id == oak.id
    else:
        with pytest.raises(NothingToChange):
            mirroring.switch(place.uow, bea, oak, on=False)


def test_it_is_looked_once_a_minute_and_asked_for_once(place: Place) -> None:
    tracker = ItemTracker()
    held: list[str] = []
    tracker.settle = lambda: held.append(str(tracker.item))
    assert mirroring.queue_due_looks(place.uow, tracker) == 1
    assert held == [MIRROR]
    assert mirror(place).look_at == START + MINUTE
    assert mirroring.queue_due_looks(place.uow, tracker) == 0
    place.forward(minutes=1)
    assert mirroring.queue_due_looks(place.uow, tracker, every=HOUR) == 1
    assert mirror(place).look_at == START + MINUTE + HOUR
    (notice,) = place.waiting(Audience.REQUESTS)
    assert (notice.subject, notice.school_id) == (MIRROR, place.school.id)
    assert str(notice.to) == "discord/700/#requests/discord/700"
    assert notice.tenant == "discord/700/requests"


def test_so_many_servers_are_looked_at_at_once() -> None:
    place = Place()
    for number in range(mirroring.BATCH + 1):
        key = WorkspaceKey(Platform.DISCORD, f"8{number}")
        place.uow.mirrors.put(Mirror(key, place.another_school(f"S{number}", key).id, look_at=START))
    assert [mirroring.queue_due_looks(place.uow, ItemTracker()) for _ in range(3)] == [mirroring.BATCH, 1, 0]
    assert len(place.waiting(Audience.REQUESTS)) == mirroring.BATCH + 1


def test_a_look_knows_what_waits_and_what_is_nobodys_any_more_is_not_looked_at(place: Place) -> None:
    notice = asked_to_look(place)
    apply(place)
    place.uow.mirrors.save_request(replace(known(place), external_id="901", fate=PlatformRequestState.GONE))
    assert mirroring.to_look_at(place.uow, notice) == (mirror(place), ("900",))
    assert mirroring.shown(place.uow, place.admin, place.school).waiting == 1
    mirroring.switch(place.uow, place.admin, place.school, on=False)
    assert mirroring.to_look_at(place.uow, notice) is None
    mirroring.record_look(place.uow, notice, NOBODY, START)
    assert place.waiting(Audience.REQUESTS) == []
    assert known(place).fate is PlatformRequestState.WAITING
    assert place.uow.mirrors.of(GUILD) is None


def test_who_applies_there_asks_here_with_what_they_wrote(place: Place) -> None:
    place.forward(hours=3)
    apply(place)
    request = filed(place)
    nia = place.uow.people.by_account(NIA.account)
    assert nia is not None
    assert (nia.name, request.person_id) == ("Nia", nia.id)
    assert (request.account, request.role, request.answers) == (NIA.account, "Viewer", ANSWERS)
    assert known(place) == MirroredRequest(
        GUILD, "900", request.id, PlatformRequestState.WAITING, START + 3 * HOUR, filed=True
    )
    assert place.told() == [
        (request.subject, "discord/@nia"),
        (request.subject, "discord/700/#approvals"),
        (request.subject, "discord/@ada"),
    ]
    assert place.logged() == [f"Nia (discord) join_request.submitted {request.subject} at Maple Grove"]
    before = known(place)
    apply(place, began=START + 9 * HOUR)
    assert (filed(place), known(place)) == (request, before)


def test_what_waits_in_a_server_that_no_school_decides_for_is_left_alone(place: Place) -> None:
    mirroring.file(place.uow, OTHER, (NIA,), START)
    place.uow.workspaces.suspend_links(GUILD, START)
    apply(place)
    assert not place.state.join_requests
    assert not place.state.mirrored


def test_all_who_wait_are_filed_even_if_one_is_kept_out(place: Place) -> None:
    out = place.person("nia")
    place.add_membership(out, access=Access.SUSPENDED)
    ben = PlatformRequest("901", discord("ben"), "Ben")
    mirroring.file(place.uow, GUILD, (NIA, ben), START)
    assert filed(place).account == discord("ben")
    assert place.uow.mirrors.by_external_id(GUILD, "900") is None


def test_an_old_member_who_applies_is_let_in_there_at_once(place: Place) -> None:
    place.member("nia")
    apply(place)
    assert known(place) == MirroredRequest(GUILD, "900", None, PlatformRequestState.WAITING, START)
    assert not place.state.join_requests
    assert place.told() == [(ASKED, "discord/700/#requests/discord/700/900")]
    (notice,) = place.waiting(Audience.ANSWER)
    assert notice.school_id == place.school.id


@pytest.mark.parametrize("banned", ["nia", "nia2"])
def test_a_member_who_was_banned_is_let_in_by_people_there(place: Place, banned: str) -> None:
    place.add_membership(place.person("nia", discord("nia"), discord("nia2")))
    place.ban(discord(banned))
    place.clear_outbox_and_log()
    apply(place)
    assert not place.state.mirrored
    assert place.told() == []


def test_an_application_joins_the_request_that_waits_here(place: Place) -> None:
    nia = place.person("nia")
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Staff")
    place.shown(request.subject)
    place.clear_outbox_and_log()
    apply(place)
    assert filed(place) == request
    assert known(place) == MirroredRequest(GUILD, "900", request.id, PlatformRequestState.WAITING, START)
    assert place.redrawn() == [request.subject]
    assert place.logged() == []


def rejected_in(place: Place) -> None:
    nia = place.person("nia")
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Viewer")
    join_requests.reject(place.uow, place.admin, request, place.school, "")
    place.clear_outbox_and_log()


def test_who_was_turned_away_asks_again_when_the_school_lets_them(place: Place) -> None:
    rejected_in(place)
    apply(place)
    assert not place.state.mirrored
    place.forward(days=place.school.ask_again_days)
    apply(place)
    assert known(place).request_id == filed(place).id
    membership = place.uow.members.of(place.school.id, filed(place).person_id)
    assert membership is not None
    assert membership.standing is Standing.PENDING


@pytest.mark.parametrize(("since", "again"), [(-MINUTE, True), (timedelta(0), False), (MINUTE, False)])
def test_what_was_done_with_is_filed_anew_only_if_it_still_waits_a_while_later(
    place: Place, since: timedelta, *, again: bool
) -> None:
    done = MirroredRequest(GUILD, "900", None, PlatformRequestState.GONE, START - MINUTE + since)
    place.uow.mirrors.save_request(done)
    apply(place, began=START)
    assert (known(place) != done) is again


def test_what_stood_for_a_request_of_a_school_that_decided_before_is_filed_anew(place: Place) -> None:
    apply(place)
    before = filed(place)
    mirroring.switch(place.uow, place.admin, place.school, on=False)
    oak = place.another_school("Oak Hill", GUILD)
    mirroring.switch(place.uow, place.member("bea", "School Admin", of=oak), oak, on=True)
    apply(place)
    fresh = place.uow.join_requests.by_id(known(place).request_id or "")
    assert fresh is not None
    assert (fresh.school_id, fresh.person_id) == (oak.id, before.person_id)


def test_what_was_a_members_is_filed_when_they_are_none_any_more(place: Place) -> None:
    nia = place.member("nia")
    apply(place)
    place.state.memberships = {
        of: one for of, one in place.state.memberships.items() if one.person_id != nia.known_person.id
    }
    apply(place)
    assert known(place).request_id == filed(place).id


@pytest.mark.parametrize("meanwhile", ["off", "another's"])
def test_after_waiting_for_the_lock_the_mirror_is_read_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    oak = place.another_school("Oak Hill", GUILD)
    locked: list[str] = []

    def lock(_: FakeSchools, school_id: str) -> None:
        locked.append(school_id)
        if meanwhile == "off":
            place.uow.mirrors.delete(GUILD)
        else:
            place.uow.mirrors.put(Mirror(GUILD, oak.id, START))

    monkeypatch.setattr(FakeSchools, "lock", lock)
    apply(place)
    assert locked == [place.school.id]
    assert not place.state.mirrored


def test_a_members_request_is_theirs_until_they_are_none(place: Place) -> None:
    place.member("nia")
    apply(place)
    one = known(place)
    assert mirroring.is_from_member(place.uow, one, NIA.account)
    place.forward(minutes=5)
    assert not mirroring.is_from_member(place.uow, one, discord("stranger"))
    assert known(place) == replace(one, fate=PlatformRequestState.GONE, at=START + 5 * MINUTE)
    apply(place, began=START + 9 * MINUTE)
    assert known(place).fate is PlatformRequestState.WAITING


def test_who_is_a_member_no_more_is_not_let_in_as_one(place: Place) -> None:
    nia = place.member("nia")
    apply(place)
    membership = place.uow.members.of(place.school.id, nia.known_person.id)
    assert membership is not None
    place.state.memberships[membership.id] = replace(membership, access=Access.SUSPENDED)
    assert not mirroring.is_from_member(place.uow, known(place), NIA.account)
    assert known(place).fate is PlatformRequestState.GONE


@pytest.mark.parametrize("banned", ["nia", "nia2"])
def test_a_member_who_is_banned_meanwhile_is_not_let_in_and_stays_known(place: Place, banned: str) -> None:
    place.add_membership(place.person("nia", discord("nia"), discord("nia2")))
    apply(place)
    place.ban(discord(banned))
    assert not mirroring.is_from_member(place.uow, known(place), NIA.account)
    assert known(place).fate is PlatformRequestState.WAITING


def test_nobody_is_let_in_as_a_member_of_a_school_that_does_not_decide(place: Place) -> None:
    place.member("nia")
    apply(place)
    archive(place, place.school)
    assert not mirroring.is_from_member(place.uow, known(place), NIA.account)
    assert known(place).fate is PlatformRequestState.WAITING
