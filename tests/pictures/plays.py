"""Plays the story of the pictures on a front, and keeps what people see."""

import base64
import json
import random
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx2

from bot.core.rights.actors import Platform
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from tests.patience import PATIENCE
from tests.platforms.web.served import served
from tests.scenarios.fronts import discord, slack
from tests.scenarios.mails import mails_of
from tests.scenarios.stage import Stage, files_of
from tests.world import open_world, sqlite_url

STORY = Path(__file__).with_name("story.txt").read_text(encoding="utf-8")
NAMES = {"admin": "Ada Brook", "approver": "Omar Haddad", "newcomer": "Nia Okafor", "second": "Tom Weaver"}
_PICTURE = re.compile(r"^> (\w+): (message|form|home) of (\w+)$")
_LINK = re.compile(r"https://door\.example\.org/i/([\w-]{22})")
Json = dict[str, Any]


@dataclass
class Played:
    """The results of a story: what was kept under each name, the newest mail, and the invitation page."""

    kept: dict[str, Json] = field(default_factory=dict)
    mail: str = ""
    page: str = ""


@contextmanager
def same_each_time() -> Iterator[None]:
    """Make codes, links and ids the same each time, so that pictures do not change."""
    chosen = random.Random(7)
    with patch("bot.core.ids.secrets") as stand_in, patch("bot.core.ids.os") as system:
        # An id always takes 80 bits, so that codes stay the same as in the existing pictures.
        system.urandom = lambda size: chosen.getrandbits(80).to_bytes(size, "big")
        stand_in.choice = chosen.choice
        stand_in.randbits = chosen.getrandbits
        stand_in.token_urlsafe = lambda size: (
            base64.urlsafe_b64encode(chosen.randbytes(size)).decode().strip("=")
        )
        yield


@asynccontextmanager
async def _on(driver: type[Any]) -> AsyncIterator[Stage]:
    with TemporaryDirectory() as folder, same_each_time():
        async with (
            open_world(sqlite_url(Path(folder))) as world,
            mails_of(world) as mails,
            driver(world) as front,
        ):
            front.files.update(files_of(STORY))
            yield Stage(world, front, mails)


async def _play(stage: Stage, look: Any) -> Played:
    """Play the story; for each line that names a picture, keep what `look` returns of a person's screen."""
    played = Played()
    begun: list[str] = []
    for line in STORY.splitlines():
        if found := _PICTURE.match(line):
            await stage.play("\n".join(begun))
            begun = []
            played.kept[found[1]] = await look(stage.driver, found[2], found[3])
        else:
            begun.append(line)
    await stage.play("\n".join(begun))
    html = stage.mails.taken[-1].get_body(("html",))
    assert html is not None
    played.mail = html.get_content()
    played.page = await _page(stage, played.kept["invitation"])
    return played


async def _page(stage: Stage, invitation: Json) -> str:
    """Return the HTML of the invitation page, with styles and icon inlined."""
    found = _LINK.search(json.dumps(invitation))
    assert found is not None
    runner = stage.world.runner
    app = build(
        runner, look_up=link_lookup(runner), joins={Platform.DISCORD: "/", Platform.SLACK: "/homeroom "}
    )
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        page = (await client.get(f"/i/{found[1]}")).text
        for name in re.findall(r"/static/\w+\.css", page):
            style = f"<style>{(await client.get(name)).text}</style>"
            page = page.replace(f'<link rel="stylesheet" href="{name}">', style)
        icon = (await client.get("/static/icon.svg")).content
        return page.replace(
            '"/static/icon.svg"', f'"data:image/svg+xml;base64,{base64.b64encode(icon).decode()}"'
        )


async def on_discord() -> Played:
    """Play the story on Discord."""
    async with _on(discord.Driver) as stage:
        driver: Any = stage.driver
        for who, name in NAMES.items():
            driver.env.backend.get_user(driver.hands[who].member.id).global_name = name
        return await _play(stage, _on_discord)


async def _on_discord(driver: discord.Driver, what: str, who: str) -> Json:
    hand = driver.hands[who]
    if what == "home":
        return {}
    if what == "form":
        assert hand.modal is not None
        assert hand.modal.modal is not None
        return {"modal": hand.modal.modal}
    message = list(driver._messages(hand))[-1]
    pictures = {one["filename"]: inlined(_content(driver, one)) for one in message.attachments}
    return {"components": message.components, "pictures": pictures}


def _content(driver: discord.Driver, attachment: Json) -> bytes:
    path = attachment["url"].removeprefix(f"{driver._store.origin}/")
    return driver._store._files[path]


async def on_slack() -> Played:
    """Play the story on Slack."""
    async with _on(slack.Driver) as stage:
        driver: Any = stage.driver
        for who, name in NAMES.items():
            driver.people[who].display_name = name
        return await _play(stage, _on_slack)


async def _on_slack(driver: slack.Driver, what: str, who: str) -> Json:
    workspace = driver.server.workspace
    person = driver.people[who]
    if what == "home":
        await driver.open_home(who)
        return {"blocks": workspace.homes[person.id].view["blocks"]}
    if what == "form":
        opened = driver._hand.opened(person)
        assert opened is not None
        return {"view": opened.view, "blocks": opened.view["blocks"]}
    blocks = workspace.seen_by(person.id)[-1].blocks
    return {"blocks": [_shown(block, workspace.files) for block in blocks]}


def _shown(block: Json, files: dict[str, bytes]) -> Json:
    """Replace the Slack id of a picture by the picture itself."""
    if block["type"] != "image" or "slack_file" not in block:
        return block
    rest = {name: value for name, value in block.items() if name != "slack_file"}
    return {**rest, "image_url": inlined(files[block["slack_file"]["id"]])}


def inlined(content: bytes, kind: str = "image/png") -> str:
    """Return a picture as a data URL."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
