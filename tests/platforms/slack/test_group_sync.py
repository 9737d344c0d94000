"""User groups and private channels that follow roles: lists are replaced whole, without losing people."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.native_sync import Unfollowable
from bot.chat.notifier import DeliveryFailed
from bot.core.following.ports import Follower, Native, NativeKind, Problem
from bot.core.rights.actors import AccountKey, Caller, Platform, WorkspaceKey
from bot.core.values import replace
from bot.platforms.slack import api
from bot.platforms.slack.group_sync import GroupSync
from bot.platforms.slack.installing.clients import OneClient
from tests.servers.slack.groups import Group
from tests.servers.slack.server import BOT_TOKEN, SlackServer, Trouble
from tests.servers.slack.workspace import TEAM
from tests.world import START

KEY = WorkspaceKey(Platform.SLACK, TEAM)
CALLER = Caller(AccountKey("slack", f"{TEAM}/U1"), "Ada", Platform.SLACK, KEY)
NOBODY = frozenset[str]()


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    """A local Slack with people; at the end, it must have found no problems."""
    async with SlackServer() as running:
        for name in ("ada", "ben", "cai", "dee", "eve"):
            running.workspace.person(name)
        yield running
        assert running.problems == []


@pytest.fixture
async def sync(server: SlackServer) -> AsyncIterator[GroupSync]:
    client = api.client(BOT_TOKEN, server.api_base)
    client.session = api.session()
    yield GroupSync(OneClient(client))
    await client.session.close()


def ids(server: SlackServer, *names: str) -> frozenset[str]:
    by_name = {person.name: person.id for person in server.workspace.people.values()}
    return frozenset(f"{TEAM}/{by_name[name]}" for name in names)


def bare(accounts: frozenset[str]) -> list[str]:
    return sorted(one.rpartition("/")[2] for one in accounts)


def follower(group: Group) -> Follower:
    return Follower("f", "s", KEY, NativeKind.GROUP, group.id, group.handle, START, START)


async def test_whoever_is_in_a_group_stays(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff", *bare(ids(server, "eve", "dee")))
    for _ in range(2):
        absent = await sync.change(follower(group), give=ids(server, "ada"), take=ids(server, "dee"))
        assert absent == NOBODY
        assert group.users == bare(ids(server, "ada", "eve"))
    assert len(server.called("usergroups.users.update")) == 1, "done twice it changes nothing"


async def test_a_group_of_nobody_rests_and_wakes(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff", *bare(ids(server, "ada")))
    await sync.change(follower(group), give=NOBODY, take=ids(server, "ada"))
    assert group.disabled
    assert server.called("usergroups.users.update") == []
    seen = await sync.look(follower(group))
    assert (seen.has, seen.disabled) == (NOBODY, True)
    # People who were removed before do not come back with the next change.
    await sync.change(follower(group), give=ids(server, "ben"), take=ids(server, "ada"))
    assert group == Group(group.id, "staff", bare(ids(server, "ben")))


async def test_a_resting_group_keeps_unknown_people(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff", *bare(ids(server, "eve")), disabled=True)
    await sync.change(follower(group), give=NOBODY, take=ids(server, "ada"))
    assert group.disabled
    await sync.change(follower(group), give=ids(server, "ben"), take=NOBODY)
    assert group.users == bare(ids(server, "ben", "eve"))


async def test_a_deactivated_account_does_not_stop_the_others(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff", *bare(ids(server, "eve")))
    server.workspace.deactivated.update(bare(ids(server, "ben")))
    absent = await sync.change(follower(group), give=ids(server, "ada", "ben"), take=NOBODY)
    assert absent == ids(server, "ben")
    assert group.users == bare(ids(server, "ada", "eve"))


async def test_an_account_of_another_workspace_does_not_stop_the_others(
    server: SlackServer, sync: GroupSync
) -> None:
    zoe = server.workspace.person("zoe", team="T0000002")
    group, room = server.group("staff"), server.workspace.channel("staff-room", private=True)
    channel = replace(follower(Group(room.id, "staff-room")), kind=NativeKind.CHANNEL)
    for one in (follower(group), channel):
        absent = await sync.change(one, give=ids(server, "ada", "zoe"), take=NOBODY)
        assert absent == ids(server, "zoe")
    assert group.users == sorted(room.members) == bare(ids(server, "ada"))
    zoe.teams = (TEAM, "T0000002")  # of both, in an organisation
    for one in (follower(group), channel):
        assert await sync.change(one, give=ids(server, "zoe"), take=NOBODY) == NOBODY


async def test_a_guest_of_one_channel_keeps_nobody_out(server: SlackServer, sync: GroupSync) -> None:
    server.workspace.person("gus", guest=True)
    room = server.workspace.channel("staff-room", private=True)
    one = replace(follower(Group(room.id, "staff-room")), kind=NativeKind.CHANNEL)
    absent = await sync.change(one, give=ids(server, "ada", "gus"), take=NOBODY)
    assert (absent, sorted(room.members)) == (ids(server, "gus"), bare(ids(server, "ada")))


async def test_groups_are_found_by_handle_id_and_name(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff")
    server.group("admins", auto_type="admin")
    for typed in ("@staff", "staff", "Staff", group.id):
        assert await sync.find(CALLER, typed) == Native(NativeKind.GROUP, group.id, "staff")
    assert (await sync.find(CALLER, "@nobody")).problem is Problem.UNKNOWN
    assert (await sync.find(CALLER, "@admins")).problem is Problem.MANAGED


async def test_without_user_groups_a_channel_is_suggested(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff")
    server.plan_has_groups = False
    assert (await sync.find(CALLER, "@staff")).problem is Problem.PLAN
    with pytest.raises(Unfollowable) as stuck:
        await sync.change(follower(group), give=ids(server, "ada"), take=NOBODY)
    assert stuck.value.problem is Problem.PLAN


async def test_private_channels_are_found_and_others_explained(server: SlackServer, sync: GroupSync) -> None:
    room = server.workspace.channel("staff-room", private=True)
    server.workspace.channel("lobby")
    server.workspace.channel("closed", private=True, bot_is_in=False)
    for typed in ("#staff-room", room.id):
        assert await sync.find(CALLER, typed) == Native(NativeKind.CHANNEL, room.id, "staff-room")
    assert (await sync.find(CALLER, "#lobby")).problem is Problem.PUBLIC
    assert (await sync.find(CALLER, "#closed")).problem is Problem.NOT_IN
    assert (await sync.find(CALLER, "#no-such")).problem is Problem.NOT_IN


async def test_people_are_invited_into_a_channel_and_taken_out(server: SlackServer, sync: GroupSync) -> None:
    room = server.workspace.channel("staff-room", private=True)
    room.members.update(bare(ids(server, "dee", "eve")))
    server.workspace.deactivated.update(bare(ids(server, "cai")))
    one = replace(follower(Group(room.id, "staff-room")), kind=NativeKind.CHANNEL)
    absent = await sync.change(one, give=ids(server, "ada", "ben", "cai"), take=ids(server, "dee"))
    assert absent == ids(server, "cai")
    assert sorted(room.members) == bare(ids(server, "ada", "ben", "eve"))
    assert (await sync.look(one)).has == ids(server, "ada", "ben", "eve")
    room.bot_is_in = False
    with pytest.raises(Unfollowable) as stuck:
        await sync.look(one)
    assert stuck.value.problem is Problem.NOT_IN


async def test_who_is_in_a_group_is_named(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff", *bare(ids(server, "eve")))
    seen = await sync.look(follower(group))
    assert seen.names == dict.fromkeys(ids(server, "eve"), "Eve")
    with pytest.raises(Unfollowable):
        await sync.look(follower(Group("S9999999", "gone")))


@pytest.mark.parametrize(
    ("word", "problem"),
    [("missing_scope", Problem.SCOPE), ("permission_denied", Problem.NOT_ALLOWED)],
)
async def test_what_slack_refuses_is_named(
    server: SlackServer, sync: GroupSync, word: str, problem: Problem
) -> None:
    group = server.group("staff")
    server.fail("usergroups.users.update", Trouble(word))
    with pytest.raises(Unfollowable) as stuck:
        await sync.change(follower(group), give=ids(server, "ada"), take=NOBODY)
    assert stuck.value.problem is problem


async def test_slack_is_waited_for(server: SlackServer, sync: GroupSync) -> None:
    group = server.group("staff")
    server.fail("usergroups.users.update", Trouble("ratelimited", 429, {"Retry-After": "7"}))
    with pytest.raises(DeliveryFailed) as slow:
        await sync.change(follower(group), give=ids(server, "ada"), take=NOBODY)
    assert slow.value.retry_after == 7
    server.fail("usergroups.list", Trouble("internal_error"))
    assert (await sync.find(CALLER, "@staff")).problem is Problem.SILENT


async def test_of_very_many_who_are_added_those_who_are_gone_are_found_by_one_list(
    server: SlackServer, sync: GroupSync
) -> None:
    """Slack answers a hundred questions about single people a minute, and refuses further ones."""
    names = [f"p{number:03}" for number in range(150)]
    for name in names:
        server.workspace.person(name)
    away = server.workspace.person("zoe", team="T0000002")
    gone = ids(server, "p007", "p070") | {f"{TEAM}/{away.id}", f"{TEAM}/U9999999"}
    server.workspace.deactivated.update(bare(ids(server, "p007", "p070")))
    group = server.group("staff", *bare(ids(server, "eve")))
    give = ids(server, *names) | gone
    assert await sync.change(follower(group), give=give, take=NOBODY) == gone
    assert group.users == bare(give - gone | ids(server, "eve"))
    assert len(server.called("users.info")) < 10
