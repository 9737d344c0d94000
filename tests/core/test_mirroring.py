"""Requests that Discord has of its own: which become requests here, and what is made of decisions there."""

from datetime import datetime, timedelta

import pytest

from bot.core import join_requests, mirroring
from bot.core.actors import Platform, WorkspaceKey
from bot.core.errors import NoSchoolHere, NothingToChange, NotPermitted
from bot.core.join_requests import JoinRequest, RequestState
from bot.core.joining_errors import MirroredElsewhere, NoOwnRequests
from bot.core.members import Access, Standing
from bot.core.mirror_ports import Applied, Fate, Mirror, Mirrored, MirrorProblem, Requests
from bot.core.notices import Audience, Notice
from bot.core.questions import Answer
from bot.core.schools import School
from bot.core.stuck import Hand
from bot.core.values import replace
from tests.core.place import GUILD, OTHER, Place, discord
from tests.fakes.schools import FakeSchools
from tests.world import START

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ANSWERS = (Answer("Why do you come?", "To learn chess"),)
NIA = Applied("900", discord("nia"), "Nia", ANSWERS)
MIRROR, ASKED = "mirror:discord/700", "mirrored:discord/700/900"
NOBODY = Requests(())


@pytest.fixture
def place() -> Place:
    """A school that decides the requests of its server."""
    one = Place()
    one.with_approvals_channel()
    mirroring.turn(one.uow, one.admin, one.school, on=True)
    one.quiet()
    return one


def mirror(place: Place) -> Mirror:
    found = place.uow.mirrors.of(GUILD)
    assert found is not None
    return found


def known(place: Place) -> Mirrored:
    found = place.uow.mirrors.one(GUILD, "900")
    assert found is not None
    return found


def filed(place: Place) -> JoinRequest:
    (one,) = [one for one in place.state.join_requests.values() if one.state is RequestState.PENDING]
    return one


def apply(place: Place, applied: Applied = NIA, began: datetime | None = None) -> None:
    mirroring.file(place.uow, GUILD, (applied,), began or place.clock.now())


def asked_to_look(place: Place) -> Notice:
    """Let the sweep ask for a look, and take what it queued."""
    place.clock.at = max(place.clock.at, mirror(place).look_at)
    assert mirroring.look_again(place.uow, Hand()) == 1
    return place.waiting(Audience.REQUESTS)[-1]


def looked(place: Place, seen: Requests) -> None:
    """A look begins after a second, and ends after another."""
    place.forward(seconds=1)
    notice = asked_to_look(place)
    began = place.clock.now()
    place.forward(seconds=1)
    mirroring.looked(place.uow, notice, seen, began)
    assert notice not in place.waiting(Audience.REQUESTS)


def archive(place: Place, school: School) -> None:
    place.save(school, archived_at=place.clock.now())


def test_a_school_decides_the_requests_of_its_server_until_it_does_not() -> None:
    place = Place()
    assert mirroring.shown(place.uow, place.admin, place.school) == mirroring.Shown(place.school, None)
    mirroring.turn(place.uow, place.admin, place.school, on=True)
    made = Mirror(GUILD, place.school.id, look_at=START)
    assert mirroring.shown(place.uow, place.admin, place.school) == mirroring.Shown(place.school, made)
    mirroring.turn(place.uow, place.admin, place.school, on=False)
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
        mirroring.turn(place.uow, place.admin, place.school, on=True)
    with pytest.raises(NothingToChange) as refused:
        mirroring.turn(place.uow, place.admin, place.school, on=on)
    assert refused.value.state == ("on already" if on else "off already")


def test_only_who_may_edit_the_school_turns_it_on() -> None:
    place = Place()
    with pytest.raises(NotPermitted):
        mirroring.turn(place.uow, place.member("sam", "Staff"), place.school, on=True)
    assert place.uow.mirrors.of(GUILD) is None


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        (None, NoOwnRequests),
        (WorkspaceKey(Platform.SLACK, "T1"), NoOwnRequests),
        (OTHER, NoSchoolHere),
    ],
)
def test_only_servers_of_discords_that_the_school_is_linked_to_have_such_requests(
    key: WorkspaceKey | None, refusal: type[Exception]
) -> None:
    place = Place()
    elsewhere = place.actor(place.admin.person, key=key)
    with pytest.raises(refusal):
        mirroring.turn(place.uow, elsewhere, place.school, on=True)
    with pytest.raises(refusal):
        mirroring.shown(place.uow, elsewhere, place.school)


@pytest.mark.parametrize("on", [True, False])
def test_one_school_of_a_server_decides_as_long_as_it_is_there(place: Place, *, on: bool) -> None:
    oak = place.another("Oak Hill", GUILD)
    bea = place.member("bea", "School Admin", of=oak)
    assert mirroring.shown(place.uow, bea, oak).mirror is None
    with pytest.raises(MirroredElsewhere):
        mirroring.turn(place.uow, bea, oak, on=on)
    archive(place, place.school)
    if on:
        mirroring.turn(place.uow, bea, oak, on=True)
        assert mirror(place).school_id == oak.id
    else:
        with pytest.raises(NothingToChange):
            mirroring.turn(place.uow, bea, oak, on=False)


def test_it_is_looked_once_a_minute_and_asked_for_once(place: Place) -> None:
    hand = Hand()
    held: list[str] = []
    hand.settle = lambda: held.append(str(hand.thing))
    assert mirroring.look_again(place.uow, hand) == 1
    assert held == [MIRROR]
    assert mirror(place).look_at == START + MINUTE
    assert mirroring.look_again(place.uow, hand) == 0
    place.forward(minutes=1)
    assert mirroring.look_again(place.uow, hand, every=HOUR) == 1
    assert mirror(place).look_at == START + MINUTE + HOUR
    (notice,) = place.waiting(Audience.REQUESTS)
    assert (notice.subject, notice.school_id) == (MIRROR, place.school.id)
    assert str(notice.to) == "discord/700/#requests/discord/700"
    assert notice.tenant == "discord/700/requests"


def test_so_many_servers_are_looked_at_at_once() -> None:
    place = Place()
    for number in range(mirroring.BATCH + 1):
        key = WorkspaceKey(Platform.DISCORD, f"8{number}")
        place.uow.mirrors.put(Mirror(key, place.another(f"S{number}", key).id, look_at=START))
    assert [mirroring.look_again(place.uow, Hand()) for _ in range(3)] == [mirroring.BATCH, 1, 0]
    assert len(place.waiting(Audience.REQUESTS)) == mirroring.BATCH + 1


def test_a_look_knows_what_waits_and_what_is_nobodys_any_more_is_not_looked_at(place: Place) -> None:
    notice = asked_to_look(place)
    apply(place)
    place.uow.mirrors.note(replace(known(place), external_id="901", fate=Fate.GONE))
    assert mirroring.looks(place.uow, notice) == (mirror(place), ("900",))
    assert mirroring.shown(place.uow, place.admin, place.school).waiting == 1
    mirroring.turn(place.uow, place.admin, place.school, on=False)
    assert mirroring.looks(place.uow, notice) is None
    mirroring.looked(place.uow, notice, NOBODY, START)
    assert place.waiting(Audience.REQUESTS) == []
    assert known(place).fate is Fate.WAITING
    assert place.uow.mirrors.of(GUILD) is None


def test_who_applies_there_asks_here_with_what_they_wrote(place: Place) -> None:
    place.forward(hours=3)
    apply(place)
    request = filed(place)
    nia = place.uow.people.by_account(NIA.account)
    assert nia is not None
    assert (nia.name, request.person_id) == ("Nia", nia.id)
    assert (request.account, request.role, request.answers) == (NIA.account, "Viewer", ANSWERS)
    assert known(place) == Mirrored(GUILD, "900", request.id, Fate.WAITING, START + 3 * HOUR, filed=True)
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
    place.uow.schools.suspend_links(GUILD, START)
    apply(place)
    assert not place.state.join_requests
    assert not place.state.mirrored


def test_all_who_wait_are_filed_even_if_one_is_kept_out(place: Place) -> None:
    out = place.person("nia")
    place.belongs(out, access=Access.SUSPENDED)
    ben = Applied("901", discord("ben"), "Ben")
    mirroring.file(place.uow, GUILD, (NIA, ben), START)
    assert filed(place).account == discord("ben")
    assert place.uow.mirrors.one(GUILD, "900") is None


def test_an_old_member_who_applies_is_let_in_there_at_once(place: Place) -> None:
    place.member("nia")
    apply(place)
    assert known(place) == Mirrored(GUILD, "900", None, Fate.WAITING, START)
    assert not place.state.join_requests
    assert place.told() == [(ASKED, "discord/700/#requests/discord/700/900")]
    (notice,) = place.waiting(Audience.ANSWER)
    assert notice.school_id == place.school.id


@pytest.mark.parametrize("banned", ["nia", "nia2"])
def test_a_member_who_was_banned_is_let_in_by_people_there(place: Place, banned: str) -> None:
    place.belongs(place.person("nia", discord("nia"), discord("nia2")))
    place.ban(discord(banned))
    place.quiet()
    apply(place)
    assert not place.state.mirrored
    assert place.told() == []


def test_who_waits_here_already_is_told_of_there_by_the_same_request(place: Place) -> None:
    nia = place.person("nia")
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Staff")
    place.shown(request.subject)
    place.quiet()
    apply(place)
    assert filed(place) == request
    assert known(place) == Mirrored(GUILD, "900", request.id, Fate.WAITING, START)
    assert place.redrawn() == [request.subject]
    assert place.logged() == []


def rejected_in(place: Place) -> None:
    nia = place.person("nia")
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Viewer")
    join_requests.reject(place.uow, place.admin, request, place.school, "")
    place.quiet()


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
    done = Mirrored(GUILD, "900", None, Fate.GONE, START - MINUTE + since)
    place.uow.mirrors.note(done)
    apply(place, began=START)
    assert (known(place) != done) is again


def test_what_stood_for_a_request_of_a_school_that_decided_before_is_filed_anew(place: Place) -> None:
    apply(place)
    before = filed(place)
    mirroring.turn(place.uow, place.admin, place.school, on=False)
    oak = place.another("Oak Hill", GUILD)
    mirroring.turn(place.uow, place.member("bea", "School Admin", of=oak), oak, on=True)
    apply(place)
    fresh = place.uow.join_requests.by_id(known(place).request_id or "")
    assert fresh is not None
    assert (fresh.school_id, fresh.person_id) == (oak.id, before.person_id)


def test_what_was_a_members_is_filed_when_they_are_none_any_more(place: Place) -> None:
    nia = place.member("nia")
    apply(place)
    place.state.memberships = {
        of: one for of, one in place.state.memberships.items() if one.person_id != nia.met.id
    }
    apply(place)
    assert known(place).request_id == filed(place).id


@pytest.mark.parametrize("meanwhile", ["off", "another's"])
def test_who_has_to_wait_for_a_school_reads_again_whether_it_decides(
    place: Place, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    oak = place.another("Oak Hill", GUILD)
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
    assert mirroring.is_members(place.uow, one, NIA.account)
    place.forward(minutes=5)
    assert not mirroring.is_members(place.uow, one, discord("stranger"))
    assert known(place) == replace(one, fate=Fate.GONE, at=START + 5 * MINUTE)
    apply(place, began=START + 9 * MINUTE)
    assert known(place).fate is Fate.WAITING


def test_who_is_a_member_no_more_is_not_let_in_as_one(place: Place) -> None:
    nia = place.member("nia")
    apply(place)
    membership = place.uow.members.of(place.school.id, nia.met.id)
    assert membership is not None
    place.state.memberships[membership.id] = replace(membership, access=Access.SUSPENDED)
    assert not mirroring.is_members(place.uow, known(place), NIA.account)
    assert known(place).fate is Fate.GONE


@pytest.mark.parametrize("banned", ["nia", "nia2"])
def test_a_member_who_is_banned_meanwhile_is_not_let_in_and_stays_known(place: Place, banned: str) -> None:
    place.belongs(place.person("nia", discord("nia"), discord("nia2")))
    apply(place)
    place.ban(discord(banned))
    assert not mirroring.is_members(place.uow, known(place), NIA.account)
    assert known(place).fate is Fate.WAITING


def test_nobody_is_let_in_as_a_member_of_a_school_that_does_not_decide(place: Place) -> None:
    place.member("nia")
    apply(place)
    archive(place, place.school)
    assert not mirroring.is_members(place.uow, known(place), NIA.account)
    assert known(place).fate is Fate.WAITING


def test_what_still_waits_there_goes_on_waiting(place: Place) -> None:
    apply(place)
    before = known(place)
    looked(place, Requests((NIA,)))
    assert known(place) == before
    assert mirror(place).looked_at == place.clock.now()
    assert place.told(Audience.ANSWER) == []


DECIDED = [
    (Requests((), let_in=frozenset({"900"})), Fate.LET_IN, RequestState.PENDING, "let_in_there"),
    (
        Requests((), turned_away=frozenset({"900"})),
        Fate.TURNED_AWAY,
        RequestState.CLOSED,
        "turned_away_there",
    ),
    (NOBODY, Fate.GONE, RequestState.WITHDRAWN, "taken_back_there"),
]


@pytest.mark.parametrize(("seen", "fate", "state", "word"), DECIDED)
def test_what_people_decide_there_makes_nobody_a_member_here(
    place: Place, seen: Requests, fate: Fate, state: RequestState, word: str
) -> None:
    apply(place)
    request = filed(place)
    place.shown(request.subject)
    place.quiet()
    looked(place, seen)
    now = place.clock.now()
    assert (known(place).fate, known(place).at) == (fate, now)
    ends = state is not RequestState.PENDING
    after = place.uow.join_requests.by_id(request.id)
    assert after == replace(request, state=state, decided_at=now if ends else None)
    membership = place.uow.members.of(place.school.id, request.person_id)
    assert (membership is None) is ends
    assert place.redrawn() == [request.subject]
    told = f" -> state={state.value}" if ends else ""
    assert place.logged() == [f"- (discord) join_request.{word} {request.subject} at Maple Grove{told}"]


@pytest.mark.parametrize(("seen", "fate"), [(seen, fate) for seen, fate, _, _ in DECIDED])
def test_who_asked_here_too_waits_on_whatever_is_decided_there(
    place: Place, seen: Requests, fate: Fate
) -> None:
    nia = place.person("nia")
    request = join_requests.file(place.uow, place.actor(nia), nia, place.school, "Viewer")
    apply(place)
    place.quiet()
    looked(place, seen)
    assert known(place).fate is fate
    assert filed(place) == request
    (entry,) = place.logged()
    assert "->" not in entry


def test_what_a_look_did_not_see_whole_is_not_taken_as_gone(place: Place) -> None:
    apply(place)
    looked(place, Requests((), whole=False))
    assert known(place).fate is Fate.WAITING
    looked(place, Requests((), let_in=frozenset({"900"}), whole=False))
    assert known(place).fate is Fate.LET_IN


def test_what_a_look_that_is_not_whole_says_of_who_was_turned_away_holds(place: Place) -> None:
    apply(place)
    looked(place, Requests((), turned_away=frozenset({"900"}), whole=False))
    assert known(place).fate is Fate.TURNED_AWAY


def test_what_came_while_it_was_looked_is_not_taken_as_gone(place: Place) -> None:
    notice = asked_to_look(place)
    apply(place)
    mirroring.looked(place.uow, notice, NOBODY, known(place).at)
    assert known(place).fate is Fate.WAITING


def test_what_was_decided_here_is_our_answer_when_it_is_seen_there(place: Place) -> None:
    apply(place)
    request = filed(place)
    join_requests.approve(place.uow, place.admin, request, place.school, None)
    place.quiet()
    looked(place, Requests((), let_in=frozenset({"900"})))
    assert known(place).fate is Fate.ANSWERED
    assert place.logged() == []


def test_what_was_decided_otherwise_there_is_not_our_answer(place: Place) -> None:
    apply(place)
    join_requests.approve(place.uow, place.admin, filed(place), place.school, None)
    place.quiet()
    looked(place, Requests((), turned_away=frozenset({"900"})))
    assert known(place).fate is Fate.TURNED_AWAY


def test_a_members_request_that_people_there_decide_is_done_with(place: Place) -> None:
    place.member("nia")
    apply(place)
    place.quiet()
    looked(place, NOBODY)
    assert known(place).fate is Fate.GONE
    assert place.logged() == []


def test_one_that_waits_does_not_hide_one_that_was_decided(place: Place) -> None:
    apply(place)
    ben = Applied("901", discord("ben"), "Ben")
    apply(place, ben)
    looked(place, Requests((NIA,)))
    fates = {one.external_id: one.fate for one in place.state.mirrored.values()}
    assert fates == {"900": Fate.WAITING, "901": Fate.GONE}


def approved(place: Place) -> None:
    apply(place)
    join_requests.approve(place.uow, place.admin, filed(place), place.school, None)
    place.quiet()


@pytest.mark.parametrize(("after", "asked"), [(HOUR, False), (HOUR + timedelta(seconds=1), True)])
def test_an_answer_that_is_overdue_is_asked_for_again(place: Place, after: timedelta, *, asked: bool) -> None:
    approved(place)
    notice = asked_to_look(place)
    place.clock.at = START + after
    mirroring.looked(place.uow, notice, Requests((NIA,)), START)
    assert place.told(Audience.ANSWER) == (
        [(ASKED, "discord/700/#requests/discord/700/900")] if asked else []
    )


def test_what_is_not_decided_is_not_answered_however_long_it_waits(place: Place) -> None:
    apply(place)
    place.forward(days=2)
    looked(place, Requests((NIA,)))
    assert place.told(Audience.ANSWER) == []


def test_what_was_in_the_way_is_gone_when_nothing_is_left_to_tell(place: Place) -> None:
    apply(place)
    mirroring.shut(place.uow, asked_to_look(place), MirrorProblem.NO_RIGHT)
    looked(place, Requests((NIA,)))
    assert mirror(place).problem is None


def test_what_was_in_the_way_stays_until_an_answer_could_be_told(place: Place) -> None:
    approved(place)
    mirroring.shut(place.uow, asked_to_look(place), MirrorProblem.NO_RIGHT)
    looked(place, Requests((NIA,)))
    assert mirror(place).problem is MirrorProblem.NO_RIGHT
    (notice,) = place.waiting(Audience.ANSWER)
    assert notice.school_id == place.school.id


def test_the_admins_are_told_of_each_reason_once(place: Place) -> None:
    def shut(problem: MirrorProblem) -> list[tuple[str, str]]:
        notice = asked_to_look(place)
        at = place.clock.now()
        mirroring.shut(place.uow, notice, problem)
        assert (mirror(place).problem, mirror(place).look_at) == (problem, at + HOUR)
        assert place.told(Audience.REQUESTS) == []
        told = place.told(Audience.ADMIN)
        place.quiet()
        return told

    assert shut(MirrorProblem.NO_RIGHT) == [(MIRROR, "discord/700/#approvals")]
    assert shut(MirrorProblem.NO_RIGHT) == []
    assert shut(MirrorProblem.NOT_USED) == [(MIRROR, "discord/700/#approvals")]


def test_where_there_is_no_channel_those_are_told_who_may_edit_the_school() -> None:
    place = Place()
    place.member("sam", "Staff")
    mirroring.turn(place.uow, place.admin, place.school, on=True)
    mirroring.shut(place.uow, asked_to_look(place), MirrorProblem.GONE)
    assert place.told(Audience.ADMIN) == [(MIRROR, "discord/@ada")]


def test_what_is_in_the_way_of_nobody_is_told_nobody(place: Place) -> None:
    notice = asked_to_look(place)
    archive(place, place.school)
    mirroring.shut(place.uow, notice, MirrorProblem.GONE)
    assert (mirror(place).problem, place.told()) == (None, [])


def test_what_a_notice_to_admins_is_about(place: Place) -> None:
    apply(place)
    assert mirroring.about(place.uow, "discord/700") == mirroring.Shown(place.school, mirror(place), 1)
    assert mirroring.about(place.uow, "discord/701") is None
