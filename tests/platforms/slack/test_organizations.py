"""An organisation installs the app once for its workspaces."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.chat.notifier import DeliveryFailed
from bot.core.notices.notices import Destination
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.platforms.slack.installing import authorizing
from bot.platforms.slack.people.crowds import MANY
from tests.patience import PATIENCE
from tests.platforms.slack.installs import House, house
from tests.platforms.slack.test_installing import CARD, audited, in_general
from tests.servers.slack.server import SlackServer, Trouble
from tests.servers.slack.workspace import Person

ORG, EAST, WEST, OTHER = "E0000001", "T0000300", "T0000400", "T0000500"


@asynccontextmanager
async def _grid(folder: Path, patience: float = PATIENCE) -> AsyncIterator[House]:
    async with SlackServer() as server, house(server, folder, patience=patience) as made:
        server.organizations[ORG] = "Union"
        for team in (EAST, WEST):
            made.branch(team, team.lower(), ORG).has_organization_install = True
        made.branch(OTHER, "other")
        browser = await made.install(ORG)
        assert "Homeroom is installed for Union." in browser.page
        yield made
        assert server.problems == []


@pytest.fixture
async def grid(tmp_path: Path) -> AsyncIterator[House]:
    """An organisation of two workspaces that has the app, and a workspace beside it."""
    async with _grid(tmp_path) as made:
        yield made


async def test_one_token_serves_all_workspaces_of_an_organisation(grid: House) -> None:
    await grid.install(OTHER)
    for team in (EAST, WEST, OTHER):
        ann, before = grid.server.workspaces[team].person("ann", admin=True), len(grid.server.calls)
        await grid.type(team, ann, f"school create School-{team}")
        assert f"School-{team}" in grid.seen(team, ann)
        await grid.front.notifier.post(in_general(grid, team), CARD)
        await grid.front.notifier.post(Destination.direct(AccountKey("slack", f"{team}/{ann.id}")), CARD)
        assert grid.tokens(before) == {OTHER if team == OTHER else ORG}
    given = [one for one in await audited(grid) if one[0] == "slack.workspace_given"]
    assert given == [("slack.workspace_given", f"slack:{ORG}")] * 2


async def test_people_of_two_workspaces_act_in_the_one_where_they_type_or_click(grid: House) -> None:
    """In a click, Slack names their first workspace; in a command, the one where it was typed."""
    west = grid.server.workspaces[WEST]
    ann = west.person("ann", team=EAST, teams=(EAST, WEST))
    boss = west.person("boss", admin=True)
    await grid.type(WEST, boss, "school create Maple approval:automatic")
    await grid.type(WEST, boss, "invite create")
    code = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{5}", grid.seen(WEST, boss))
    assert code is not None
    hand = grid.hand(WEST)
    await hand.type(ann, "join")
    await grid.front.idle()
    await hand.submit(ann, code=code[0])
    await grid.front.idle()
    assert await _known(grid, WEST, ann)
    assert not await _known(grid, EAST, ann)


def _linked(uow: UnitOfWork) -> int:
    return len(uow.schools.linked_to(WorkspaceKey(Platform.SLACK, WEST)))


async def _known(grid: House, team: str, person: Person) -> bool:
    key = AccountKey("slack", f"{team}/{person.id}")
    return await grid.world.database.read(lambda uow: uow.people.by_account(key)) is not None


async def test_an_admin_of_one_workspace_administers_no_other(grid: House) -> None:
    west = grid.server.workspaces[WEST]
    visitor = west.person("visitor", admin=True, team=EAST, teams=(EAST, WEST))
    boss = west.person("boss", admin=True, teams=(EAST, WEST))
    for person, schools in ((visitor, 0), (boss, 1)):
        await grid.type(WEST, person, "school create Maple")
        assert await grid.world.database.read(_linked) == schools


async def test_a_crowd_is_listed_by_its_workspace(grid: House) -> None:
    west = grid.server.workspaces[WEST]
    visitor = west.person("visitor", admin=True, team=EAST, teams=(EAST, WEST))
    boss = west.person("boss", admin=True, teams=(EAST, WEST))
    pupils = [west.person(f"pupil {number}", teams=(WEST,)) for number in range(MANY + 3)]
    unnamed = west.person("unnamed")
    for pupil in (*pupils, unnamed):
        await grid.type(WEST, pupil, "help")
    for person, schools in ((visitor, 0), (boss, 1)):
        await grid.type(WEST, person, "school create Maple")
        assert await grid.world.database.read(_linked) == schools
    assert [call["team_id"] for call in grid.server.called("users.list")] == [WEST]
    asked = [call["user"] for call in grid.server.called("users.info")]
    assert asked == [one.id for one in (*pupils[:MANY], unnamed, visitor, boss)]


@pytest.mark.parametrize("told", ["user_change", "team_join"])
@pytest.mark.parametrize("where", [WEST, EAST, OTHER])
async def test_a_changed_person_is_looked_up_again_in_every_workspace(
    grid: House, told: str, where: str
) -> None:
    """Slack reports a person's present workspaces, not the former ones."""
    await grid.install(OTHER)
    ann = grid.server.workspaces[WEST].person("ann", team=EAST, teams=(EAST, WEST))
    await grid.type(WEST, ann, "help")
    ann.teams = (EAST,)
    for _ in range(2):
        await grid.hand(where).tell(told, user=ann.facts())
        await grid.type(WEST, ann, "help")
    assert len(grid.server.called("users.info")) == 3


async def test_a_changed_person_is_looked_up_again_by_either_id(grid: House) -> None:
    ann = grid.server.workspaces[WEST].person("ann", teams=(WEST,))
    await grid.type(WEST, ann, "help")
    await grid.hand(WEST).tell("user_change", user={**ann.facts(), "id": "W0000999"})
    await grid.type(WEST, ann, "help")
    assert len(grid.server.called("users.info")) == 2


async def test_while_slack_is_silent_nobody_is_taken_for_somebody_else(grid: House) -> None:
    ann = grid.server.workspaces[WEST].person("ann", team=EAST, teams=(EAST, WEST))
    grid.server.fail("users.info", *[Trouble("internal_error")] * 2)
    hand = grid.hand(WEST)
    await hand.type(ann, "")
    await grid.front.idle()
    await hand.submit(ann, command="help")
    await grid.front.idle()
    assert "Something went wrong" in grid.seen(WEST, ann)


async def test_workspaces_are_given_and_taken_back(grid: House) -> None:
    hand = grid.hand(EAST)
    for _ in range(2):
        await hand.tell("team_access_granted", team_ids=[EAST, WEST])
    await grid.front.notifier.post(in_general(grid, WEST), CARD)
    ann = grid.server.workspaces[WEST].person("ann", admin=True)
    await grid.type(WEST, ann, "school create Maple")
    await hand.tell("team_access_revoked", team_ids=[WEST])
    with pytest.raises(DeliveryFailed) as failed:
        await grid.front.notifier.post(in_general(grid, WEST), CARD)
    assert (failed.value.final, failed.value.gone) == (True, False)
    await grid.front.notifier.post(in_general(grid, EAST), CARD)
    told = [one[0] for one in await audited(grid)]
    assert told == [
        "slack.installed",
        "slack.workspace_given",
        "slack.workspace_given",
        "slack.workspace_taken",
    ]


async def test_a_workspace_that_has_the_app_itself_does_not_rest_with_its_organisation(grid: House) -> None:
    west = grid.server.workspaces[WEST]
    await grid.type(WEST, west.person("ann", admin=True), "school create Maple")
    west.has_organization_install = False
    await grid.install(WEST)
    await grid.hand(EAST).tell("team_access_revoked", team_ids=[WEST])
    assert await grid.world.database.read(_linked) == 1
    assert await _served_by(grid, WEST) == WEST


async def test_an_organisation_that_takes_us_out_lets_all_its_workspaces_rest(grid: House) -> None:
    people = {team: grid.server.workspaces[team].person("ann", admin=True) for team in (EAST, WEST)}
    for team, ann in people.items():
        await grid.type(team, ann, f"school create School-{team}")
    grid.server.uninstall(ORG)
    await grid.hand(EAST).tell("app_uninstalled")
    assert await grid.at(ORG) is None
    await grid.install(ORG)
    for team in people:
        eve = grid.server.workspaces[team].person("eve")
        await grid.type(team, eve, "school show")
        assert "No school lives here yet" in grid.seen(team, eve)


async def _click(grid: House, home: str, **named: object) -> None:
    """Click in a shared channel of the organisation, as a person of an external workspace."""
    told = {
        "type": "block_actions",
        "user": {"id": "U0000777", "name": "eve", "team_id": home},
        "team": None,
        "enterprise": {"id": ORG, "name": "Union"},
        "is_enterprise_install": True,
        "api_app_id": "A0000001",
        "token": "unused",
        "actions": [{"type": "button", "action_id": "homeroom:0", "block_id": "b", "value": "run:help"}],
        "container": {"type": "message", "message_ts": "1.2", "channel_id": "C0000001"},
        "trigger_id": "1.2",
        **named,
    }
    await grid.http.send("interactive", told)
    await grid.front.idle()


async def _served_by(grid: House, team: str) -> str:
    found = await grid.world.database.read(lambda uow: uow.installations.for_workspace(team))
    return found.place if found else ""


@pytest.mark.parametrize("installed", [True, False])
async def test_a_click_in_a_shared_channel_does_not_add_the_clickers_workspace(
    grid: House, *, installed: bool
) -> None:
    if installed:
        await grid.install(OTHER)
    for _ in range(2):
        await _click(grid, OTHER)
    assert await _served_by(grid, OTHER) == (OTHER if installed else "")
    asked = grid.server.called("auth.teams.list")
    assert len(asked) == 2  # two pages, once a minute
    await _click(grid, WEST)
    assert await _served_by(grid, WEST) == ORG


async def test_while_slack_does_not_say_whose_a_workspace_is_it_is_nobodys(grid: House) -> None:
    grid.server.fail("auth.teams.list", Trouble("internal_error"))
    await _click(grid, WEST)
    assert await _served_by(grid, WEST) == ""
    await _click(grid, WEST)
    assert await _served_by(grid, WEST) == ORG


@pytest.mark.parametrize("silent", ["the database", "Slack"])
async def test_nobody_waits_to_be_acknowledged_until_it_is_known_whose_a_workspace_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    monkeypatch.setattr(authorizing, "_PATIENCE", 0.02)
    async with _grid(tmp_path, patience=0.02) as grid:
        ann, speaks = grid.server.workspaces[EAST].person("ann", admin=True), asyncio.Event()
        if silent == "Slack":
            grid.server.gates["auth.teams.list"] = speaks
        else:
            read = grid.world.database.read

            async def late(unit: Callable[[UnitOfWork], object]) -> object:
                await speaks.wait()
                return await read(unit)

            monkeypatch.setattr(grid.world.database, "read", late)
        try:
            await grid.hand(EAST).type(ann, "school create Maple")  # Slack gives up after three seconds
            assert grid.seen(EAST, ann) == ""
        finally:
            speaks.set()
        await grid.front.idle()
        assert "Maple is ready" in grid.seen(EAST, ann)
        await grid.front.notifier.post(in_general(grid, EAST), CARD)
