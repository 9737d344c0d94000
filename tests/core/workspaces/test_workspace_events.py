"""New people in a workspace are welcomed once; leaving is noted on their pending requests."""

from datetime import timedelta

import pytest

from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.ports import MarkState, Native, NativeKind
from bot.core.notices.notices import Audience, Destination, Loss, Notice
from bot.core.people.members import Access
from bot.core.requests import join_requests
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.requests.views import view
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.schools.schools import School
from bot.core.schools.settings import SchoolSettings
from bot.core.values import replace
from bot.core.workspaces import events as workspace_events
from bot.core.workspaces.events import Welcome
from tests.core.place import GUILD, OTHER, Place, discord
from tests.storage import build
from tests.world import START

NIA = discord("nia")
OF = "discord/700/-/nia"
TEAM, SLACKER = WorkspaceKey(Platform.SLACK, "T1"), AccountKey("slack", "T1/U1")


@pytest.fixture
def place() -> Place:
    return Place()


def asks(place: Place, name: str = "nia", school: School | None = None) -> JoinRequest:
    known = place.uow.people.by_account(discord(name)) or place.person(name)
    request = join_requests.file(place.uow, place.actor(known), known, school or place.school, "Viewer")
    place.shown(request.subject)
    place.clear_outbox_and_log()
    return request


def unwelcoming(place: Place, school: School) -> None:
    place.uow.settings.save(school.id, SchoolSettings(welcomes=False))


def come(place: Place, *names: str, channel: str = "") -> None:
    for name in names:
        workspace_events.joined(place.uow, GUILD, discord(name), channel)


def now(place: Place, request: JoinRequest) -> JoinRequest:
    return place.state.join_requests[request.id]


def test_whoever_comes_is_welcomed_once(place: Place) -> None:
    workspace_events.joined(place.uow, GUILD, NIA)
    place.forward(minutes=2)
    come(place, "nia")
    assert place.told() == [("welcome:discord/700/-/nia", "discord/@nia")]
    (notice,) = place.waiting(Audience.NEWCOMER)
    assert notice.key == "welcome discord/700 discord:nia"


@pytest.mark.parametrize(
    ("key", "account", "of", "to"),
    [
        (GUILD, NIA, "discord/700/general/nia", "discord/@nia"),
        (TEAM, SLACKER, "slack/T1/general/T1/U1", "slack/@T1/U1"),
    ],
)
def test_a_welcome_remembers_the_channel_for_people_whom_nothing_else_reaches(
    place: Place, key: WorkspaceKey, account: AccountKey, of: str, to: str
) -> None:
    place.another_school("Oak Hill", TEAM)
    workspace_events.joined(place.uow, key, account, "general")
    assert place.told() == [(f"welcome:{of}", to)]
    assert workspace_events.welcome(place.uow, of) is not None
    place.add_membership(build.person(place.uow, "Nia", account), of=place.uow.schools.linked_to(key)[0])
    assert workspace_events.welcome(place.uow, of) is None


def test_who_is_in_already_is_not_welcomed(place: Place) -> None:
    place.member("nia")
    come(place, "nia")
    assert workspace_events.welcome(place.uow, OF) is None
    assert place.told() == []


def test_what_a_welcome_offers(place: Place) -> None:
    names = [f"Oak {number}" for number in range(workspace_events.MOST_NAMED)]
    schools = [place.another_school(name, GUILD) for name in names]
    nia = place.person("nia")
    place.add_membership(nia)
    place.add_membership(nia, of=schools[0], access=Access.SUSPENDED)
    unwelcoming(place, schools[1])
    assert workspace_events.welcome(place.uow, OF) == Welcome("Maple", tuple(schools[2:]))
    first = (place.school, schools[0], *schools[2:])
    assert workspace_events.welcome(place.uow, "discord/700/-/ben") == Welcome("Maple", first)
    place.another_school("Pine", GUILD)
    assert workspace_events.welcome(place.uow, "discord/700/-/ben") == Welcome("Maple", first)


@pytest.mark.parametrize("of", ["discord/999/-/nia", "discord/701/-/nia"])
def test_where_no_school_is_nobody_is_welcomed(place: Place, of: str) -> None:
    build.workspace(place.uow, OTHER)
    assert workspace_events.welcome(place.uow, of) is None


def test_who_waits_is_shown_what_they_wait_for(place: Place) -> None:
    oak = place.another_school("Oak Hill", GUILD)
    request = asks(place)
    assert workspace_events.welcome(place.uow, OF) == Welcome("Maple", waiting=view(place.uow, request))
    unwelcoming(place, place.school)
    assert workspace_events.welcome(place.uow, OF) == Welcome("Maple", (oak,))
    asks(place, school=oak)
    found = workspace_events.welcome(place.uow, OF)
    assert found is not None
    assert found.waiting is not None
    assert found.waiting.school == oak


def test_only_the_account_of_a_request_waits_in_its_workspace(place: Place) -> None:
    request = asks(place)
    place.uow.accounts.link(discord("nia2"), request.person_id, START)
    assert workspace_events.waits(place.uow, GUILD, NIA)
    assert not workspace_events.waits(place.uow, GUILD, discord("nia2"))
    assert not workspace_events.waits(place.uow, OTHER, NIA)
    assert not workspace_events.waits(place.uow, GUILD, discord("stranger"))


def test_who_leaves_is_marked_until_they_are_back(place: Place) -> None:
    request = asks(place)
    workspace_events.left(place.uow, OTHER, NIA)
    assert now(place, request).gone_at is None
    for _ in range(2):
        workspace_events.left(place.uow, GUILD, NIA)
        assert now(place, request).gone_at == START
        assert place.redrawn() == [request.subject]
        place.forward(minutes=1)
    where = f"{request.subject} at Maple Grove"
    assert place.logged() == [f"- (discord) join_request.applicant_gone {where}"]
    place.clear_outbox_and_log()
    for _ in range(2):
        come(place, "nia")
        assert now(place, request).gone_at is None
        assert place.redrawn() == [request.subject]
    assert place.logged() == [f"- (discord) join_request.applicant_back {where}"]


def test_each_of_several_requests_is_marked(place: Place) -> None:
    oak = place.another_school("Oak Hill", GUILD)
    request, other = asks(place), asks(place, school=oak)
    place.uow.join_requests.record_departure(request.id, START)
    workspace_events.left(place.uow, GUILD, NIA)
    assert now(place, other).gone_at == START
    place.uow.join_requests.record_return(request.id)
    workspace_events.returned(place.uow, GUILD, NIA)
    assert now(place, other).gone_at is None


def test_what_is_decided_is_not_marked(place: Place) -> None:
    request = asks(place)
    place.uow.join_requests.decide(replace(request, state=RequestState.LAPSED, decided_at=START))
    workspace_events.applicant_left(place.uow, request, NIA)
    assert now(place, request).gone_at is None
    assert (place.logged(), place.redrawn()) == ([], [])


def test_a_newcomer_concerns_the_schools_of_that_workspace(place: Place) -> None:
    assert workspace_events.matters(place.uow, GUILD, NIA)
    assert not workspace_events.matters(place.uow, OTHER, NIA)


def test_whoever_has_what_follows_a_role_is_concerned_by_their_coming_and_gets_it(place: Place) -> None:
    place.member("nia")
    native = Native(NativeKind.ROLE, "5", "@viewers")
    thing = following.follow(place.uow, place.admin, place.school, "Viewer", native)
    following_marks.apply_comparison(place.uow, thing.id, [(NIA.subject, True)])
    (mark,) = place.state.follow_marks.values()
    place.uow.follow_marks.put(replace(mark, state=MarkState.ABSENT))
    place.uow.workspaces.suspend_links(GUILD, START)
    assert workspace_events.matters(place.uow, GUILD, NIA)
    assert not workspace_events.matters(place.uow, GUILD, discord("ben"))
    come(place, "nia")
    assert place.state.follow_marks[mark.id].state is MarkState.QUEUED


NEWCOMERS = [f"n{number}" for number in range(workspace_events.MOST_WELCOMED)]


def crowd(place: Place, channel: str = "") -> list[Notice]:
    """Let so many people join that the next one is over the limit."""
    come(place, *NEWCOMERS, channel=channel)
    return place.waiting(Audience.NEWCOMER)


@pytest.mark.parametrize("channel", ["", "general"])
def test_the_first_of_a_crowd_are_welcomed_and_admins_are_told_once(place: Place, channel: str) -> None:
    place.forward(seconds=20, microseconds=7)
    first = crowd(place, channel)
    assert len(first) == workspace_events.MOST_WELCOMED
    assert place.told(Audience.ADMIN, Audience.NEWCOMER_HERE) == []
    come(place, "x", "y", channel=channel)
    assert place.waiting(Audience.NEWCOMER) == first
    here = [(f"welcome:discord/700/{channel}/-", "discord/700/#general")] if channel else []
    assert place.told(Audience.NEWCOMER_HERE) == here
    (notice,) = place.waiting(Audience.ADMIN)
    of = f"{place.school.id}/discord/700/2026-09-01T08:00"
    assert (notice.subject, str(notice.to)) == (f"crowd:{of}", "discord/@ada")
    assert notice.due_at == START + timedelta(minutes=1)
    assert workspace_events.crowd(place.uow, of) == ("Maple", workspace_events.MOST_WELCOMED + 2)
    come(place, "x", channel=channel)
    assert workspace_events.crowd(place.uow, of) == ("Maple", workspace_events.MOST_WELCOMED + 2)


def test_a_minute_later_newcomers_are_welcomed_again(place: Place) -> None:
    crowd(place)
    place.forward(minutes=1)
    come(place, "x")
    assert place.told(Audience.NEWCOMER)[-1] == ("welcome:discord/700/-/x", "discord/@x")
    assert place.told(Audience.ADMIN) == []


def test_each_minute_that_brings_a_crowd_is_told(place: Place) -> None:
    crowd(place)
    come(place, "x")
    place.forward(minutes=1)
    come(place, *(f"m{number}" for number in range(workspace_events.MOST_WELCOMED)), "y")
    assert len(place.waiting(Audience.ADMIN)) == 2


def test_schools_that_welcome_nobody_are_not_told_of_a_crowd(place: Place) -> None:
    aspen, oak = place.another_school("Aspen", GUILD), place.another_school("Oak Hill", GUILD)
    place.with_approvals_channel(aspen)
    place.with_approvals_channel(oak)
    unwelcoming(place, aspen)
    crowd(place)
    come(place, "x")
    told = sorted(to for _, to in place.told(Audience.ADMIN))
    assert told == ["discord/700/#approvals", "discord/@ada"]
    assert f"crowd:{oak.id}/discord/700/2026-09-01T08:00" in {of for of, _ in place.told(Audience.ADMIN)}


def test_a_crowd_in_a_workspace_that_is_not_known(place: Place) -> None:
    assert workspace_events.crowd(place.uow, f"{place.school.id}/discord/999/2026-09-01T08:00") is None


def unreached(
    place: Place, why: Loss, audience: Audience = Audience.NEWCOMER, channel: str = "general"
) -> None:
    subject = f"welcome:discord/700/{channel}/nia"
    to = Destination.direct(NIA)
    workspace_events.unreached(place.uow, Notice("1", "1", subject, audience, to, place.clock.now()), why)


@pytest.mark.parametrize(
    ("why", "audience", "channel", "greeted"),
    [
        (Loss.REFUSED, Audience.NEWCOMER, "general", True),
        (Loss.GONE, Audience.NEWCOMER, "general", True),
        (Loss.TRIED, Audience.NEWCOMER, "general", False),
        (Loss.NO_WAY, Audience.NEWCOMER, "general", False),
        (Loss.REFUSED, Audience.NEWCOMER_HERE, "general", False),
        (Loss.REFUSED, Audience.NEWCOMER, "-", False),
    ],
)
def test_people_whom_no_message_reaches_are_greeted_in_the_channel(
    place: Place, why: Loss, audience: Audience, channel: str, *, greeted: bool
) -> None:
    unreached(place, why, audience, channel)
    told = [("welcome:discord/700/general/-", "discord/700/#general")] if greeted else []
    assert place.told(Audience.NEWCOMER_HERE) == told


def test_a_channel_greets_once_a_day(place: Place) -> None:
    for at, number in ((START, 1), (START, 1), (START + timedelta(days=1), 2)):
        place.clock.at = at
        unreached(place, Loss.REFUSED)
        assert len(place.waiting()) == number
    (first, _) = place.waiting()
    assert first.key == "welcome in general 2026-09-01"
