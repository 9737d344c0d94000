"""Many workspaces install the app, and each is called with its own token."""

import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.notifier import DeliveryFailed
from bot.chat.replies import Card, Image
from bot.chat.text import say
from bot.core.audit_lines import verify_all_stored
from bot.core.notices.notices import Destination
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.jobs.delivery import Delivery
from tests.platforms.slack.installs import BACK, BASE, House, house
from tests.platforms.slack.small import PNG
from tests.servers.slack.server import SlackServer, Trouble
from tests.world import deliver_due

NORTH, SOUTH = "T0000100", "T0000200"
CARD = Card(say("Hello"))


@pytest.fixture
async def many(tmp_path: Path) -> AsyncIterator[House]:
    """A replica, and two workspaces in which the app is not installed yet."""
    async with SlackServer() as server, house(server, tmp_path) as made:
        made.branch(NORTH, "north")
        made.branch(SOUTH, "south")
        yield made
        assert server.problems == []


def in_general(made: House, team: str) -> Destination:
    channel = made.server.workspaces[team].named("general").id
    return Destination.in_channel(WorkspaceKey(Platform.SLACK, team), channel)


async def audited(made: House) -> list[tuple[str, str]]:
    def unit(uow: UnitOfWork) -> list[tuple[str, str]]:
        assert all(one.flaw is None for one in verify_all_stored(uow.audit))
        every = [one.entry for name in uow.audit.chains() for one in uow.audit.chain(name)]
        return [(one.action, one.subject) for one in every if one.action.startswith("slack.")]

    return await made.world.database.read(unit)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_each_workspace_is_answered_with_its_own_token(tmp_path: Path, mode: str) -> None:
    async with SlackServer() as server:
        async with house(server, tmp_path) as made:
            for team, name in ((NORTH, "north"), (SOUTH, "south")):
                made.branch(team, name)
                browser = await made.install(team)
                assert f"Homeroom is installed in {name}." in browser.page
            assert await audited(made) == [("slack.installed", f"slack:{team}") for team in (NORTH, SOUTH)]
        async with house(server, tmp_path, mode=mode) as made:
            # Slack numbers people per workspace: the same id is another person elsewhere.
            north = server.workspaces[NORTH].person("ann", admin=True)
            south = server.workspaces[SOUTH].person("bob")
            assert north.id == south.id
            for team, person in ((NORTH, north), (SOUTH, south)):
                before = len(server.calls)
                await made.type(team, person, "school create Maple")
                assert made.tokens(before) == {team}
            assert "Maple" in made.seen(NORTH, north)
            assert "Maple" not in made.seen(SOUTH, south)
            for team in (NORTH, SOUTH):
                before = len(server.calls)
                await made.front.notifier.post(in_general(made, team), CARD)
                await made.front.notifier.post(
                    Destination.direct(AccountKey("slack", f"{team}/{north.id}")), CARD
                )
                assert made.tokens(before) == {team}
        assert server.problems == []


async def test_a_picture_is_brought_to_each_workspace(many: House) -> None:
    shown = Card(say("Look"), (Image(PNG, say("A red square"), "square.png"),))
    for team in (NORTH, SOUTH):
        await many.install(team)
        await many.front.notifier.post(in_general(many, team), shown)
        await many.front.notifier.post(in_general(many, team), shown)
        assert len(many.server.workspaces[team].files) == 1


async def test_a_link_to_install_is_good_for_a_week_and_made_by_us_alone(many: House) -> None:
    fresh = many.link
    for wrong in ("/slack/install", "/slack/install?key=", f"{fresh}x", fresh.replace("key=", "key=1")):
        assert (await many.browser().get(wrong))[0] == 404
    await many.browser().begin(fresh)
    state = await many.browser().begin(fresh)
    assert (await many.browser().get(f"/slack/install?key={state}"))[0] == 404
    many.world.clock.forward(timedelta(days=8))
    late = many.browser()
    assert (await late.get(fresh))[0] == 404
    assert "Ask whoever runs Homeroom for another" in late.page


async def test_where_the_app_is_public_anybody_may_install_it(tmp_path: Path) -> None:
    async with SlackServer() as server, house(server, tmp_path, public=True) as made:
        made.branch(NORTH, "north")
        status, to = await made.browser().get("/slack/install?team=T1%26scope=admin")
        assert (status, "admin" in to) == (302, False)
        assert made.link == "/slack/install"
        await made.install(NORTH)
        assert await made.at(NORTH) is not None
        stranger = made.branch(SOUTH, "south").person("eve")
        await made.type(SOUTH, stranger, "help")
        assert made.seen(SOUTH, stranger).endswith(f"install it again: {BASE}/slack/install")


async def test_a_state_is_ours_for_this_browser_once_and_soon(many: House) -> None:
    browser = many.browser()
    state = await browser.begin(many.link)
    assert all("Secure" in one and "HttpOnly" in one for one in browser.set_cookies)
    place = len(state) - 2  # of the last letter not all bits count
    wrong = {
        "another browser": (many.browser(), state),
        "a forged one": (many.browser(), f"{state[:place]}{'B' if state[place] == 'A' else 'A'}{state[-1]}"),
        "none": (many.browser(), ""),
    }
    wrong["a forged one"][0].cookies.update(dict.fromkeys(browser.cookies, wrong["a forged one"][1]))
    code = many.server.allow(NORTH, BACK)
    for name, (where, told) in wrong.items():
        status, _ = await where.get(f"/slack/oauth_redirect?code={code}&state={told}")
        assert (status, await many.at(NORTH)) == (400, None), name
    assert many.server.called("oauth.v2.access") == []

    late = many.browser()
    old = await late.begin(many.link)
    many.world.clock.forward(timedelta(minutes=11))
    assert (await late.get(f"/slack/oauth_redirect?code={code}&state={old}"))[0] == 400

    kept = many.browser()
    good = await kept.begin(many.link)
    cookies = dict(kept.cookies)
    assert (await kept.get(f"/slack/oauth_redirect?code={code}&state={good}"))[0] == 200
    assert set(kept.cookies.values()) == {"deleted"}
    kept.cookies = cookies
    again = many.server.allow(SOUTH, BACK)
    status, _ = await kept.get(f"/slack/oauth_redirect?code={again}&state={good}")
    assert (status, await many.at(SOUTH)) == (400, None)


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("error=access_denied&state={state}", 200, "You can close this page"),
        ("error=<script>&state={state}", 400, "Nothing was installed"),
        ("state={state}", 400, "Nothing was installed"),
        ("code=unknown&state={state}", 400, "Nothing was installed"),
    ],
)
async def test_what_is_not_completed_installs_nothing(
    many: House, query: str, status: int, told: str
) -> None:
    browser = many.browser()
    state = await browser.begin(many.link)
    got, _ = await browser.get(f"/slack/oauth_redirect?{query.format(state=state)}")
    assert got == status
    title, _, page = browser.page.partition("</title>")
    assert told in title
    assert told in page
    assert "<script" not in browser.page
    assert await audited(many) == []


async def _comes_back(many: House) -> int:
    """Allow the app and come back; return the status of the page."""
    browser = many.browser()
    state = await browser.begin(many.link)
    code = many.server.allow(NORTH, BACK)
    return (await browser.get(f"/slack/oauth_redirect?code={code}&state={state}"))[0]


async def test_slack_may_fail_in_the_middle(many: House) -> None:
    for trouble in (Trouble("internal_error"), Trouble(status=503), Trouble("ratelimited", status=429)):
        many.server.fail("oauth.v2.access", trouble)
        assert await _comes_back(many) == 400
    assert await many.at(NORTH) is None


async def test_an_answer_without_a_bots_token_installs_nothing(
    many: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"team": {"id": NORTH, "name": "north"}, "authed_user": {"id": "U1"}}
    monkeypatch.setattr(many.server, "_answer", lambda _: answer)
    assert await _comes_back(many) == 400
    assert await many.at(NORTH) is None


async def test_a_state_that_we_have_not_made_keeps_no_writer_waiting(
    many: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    run = many.world.database.run

    async def counted(unit: Callable[[UnitOfWork], object]) -> object:
        written.append(unit)
        return await run(unit)

    monkeypatch.setattr(many.world.database, "run", counted)
    browser = many.browser()
    await browser.begin(many.link)
    browser.cookies = dict.fromkeys(browser.cookies, "forged")
    assert (await browser.get("/slack/oauth_redirect?code=x&state=forged"))[0] == 400
    assert written == []


async def test_a_workspaces_name_does_nothing_to_a_terminal(many: House) -> None:
    many.server.workspaces[NORTH].domain = "no\x1b[2Jrth\u202e"
    await many.install(NORTH)
    known = await many.at(NORTH)
    assert known is not None
    assert "\x1b" not in known.name
    assert "\u202e" not in known.name
    assert known.name.endswith("rth")


async def test_a_workspace_without_an_installation_is_told_how_to_come_by_one(many: House) -> None:
    await many.install(NORTH)
    stranger, before = many.server.workspaces[SOUTH].person("eve"), len(many.server.calls)
    await many.type(SOUTH, stranger, "help")
    assert "Ask an admin of this workspace to install it again" in many.seen(SOUTH, stranger)
    assert many.tokens(before) == set()
    with pytest.raises(DeliveryFailed) as failed:
        await many.front.notifier.post(in_general(many, SOUTH), CARD)
    assert (failed.value.final, failed.value.gone) == (True, False)


async def test_an_applicant_from_a_workspace_without_the_bot_has_not_left(many: House) -> None:
    await many.install(NORTH)
    north = many.server.workspaces[NORTH]
    boss, eve = north.person("boss", admin=True), north.person("eve", team="T0000999")
    await many.type(NORTH, boss, "school create Maple access:public")
    await many.type(NORTH, eve, "join school:Maple")
    await deliver_due(Delivery(many.world.database, many.world.notifiers, many.world.clock))
    await many.type(NORTH, boss, "request show Eve")
    assert "Eve asks to join Maple" in many.seen(NORTH, boss)
    assert "Has left" not in many.seen(NORTH, boss)


async def test_an_uninstalled_workspace_is_forgotten_rests_and_may_come_again(many: House) -> None:
    for team in (NORTH, SOUTH):
        await many.install(team)
    ann, bob = (many.server.workspaces[team].person("ann", admin=True) for team in (NORTH, SOUTH))
    for team, who in ((NORTH, ann), (SOUTH, bob)):
        await many.type(team, who, f"school create {'Maple' if team == NORTH else 'Oak'}")
    hand = many.hand(NORTH)
    # What Slack tells of a token that works, it tells of one that was replaced.
    await hand.tell("tokens_revoked", tokens={"bot": ["U000000BOT"]})
    assert await many.at(NORTH) is not None

    many.server.uninstall(NORTH)
    for _ in range(2):
        await hand.tell("tokens_revoked", tokens={"bot": ["U000000BOT"]})
        await hand.tell("app_uninstalled")
    assert await many.at(NORTH) is None
    assert (await audited(many)).count(("slack.uninstalled", f"slack:{NORTH}")) == 1
    with pytest.raises(DeliveryFailed) as failed:
        await many.front.notifier.post(in_general(many, NORTH), CARD)
    assert (failed.value.final, failed.value.gone) == (True, False)
    await many.front.notifier.post(in_general(many, SOUTH), CARD)
    await many.type(SOUTH, bob, "school show")
    assert "Oak" in many.seen(SOUTH, bob)

    await many.install(NORTH)
    await many.front.notifier.post(in_general(many, NORTH), CARD)
    eve = many.server.workspaces[NORTH].person("eve")
    await many.type(NORTH, eve, "school show")
    assert "No school lives here yet" in many.seen(NORTH, eve)


async def test_a_slack_that_is_silent_is_asked_again_about_a_dead_token(many: House) -> None:
    await many.install(NORTH)
    many.server.uninstall(NORTH)
    many.server.fail("auth.test", Trouble(status=503))
    with pytest.raises(AssertionError, match="Slack got 500"):
        await many.hand(NORTH).tell("tokens_revoked", tokens={"bot": ["U000000BOT"]})
    assert await many.at(NORTH) is not None
    await many.hand(NORTH).tell("tokens_revoked", tokens={"bot": ["U000000BOT"]})
    assert await many.at(NORTH) is None


async def test_no_secret_is_in_the_database_or_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with SlackServer() as server, house(server, tmp_path) as made:
        server.rotates = True
        made.branch(NORTH, "north")
        await made.install(NORTH)
        ann = server.workspaces[NORTH].person("ann", admin=True)
        await made.type(NORTH, ann, "school create Maple")
        made.world.clock.forward(timedelta(hours=11))
        await made.type(NORTH, ann, "school show")
        browser = made.browser()
        state = await browser.begin(made.link)
        await browser.get(f"/slack/oauth_redirect?code=code-canary-99&state={state}")
    stored = _files(tmp_path)
    assert b"slack.installed" in stored
    for written in (stored, caplog.text.encode(), repr(made.app).encode()):
        for secret in (b"canary", state.encode()):
            assert secret not in written


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())
