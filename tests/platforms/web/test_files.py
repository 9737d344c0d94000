"""Files that people choose in a form of the playground."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx2
import pytest
from starlette.applications import Starlette

from bot.chat.runner import Runner
from bot.core.rights.actors import Platform
from bot.core.values import replace
from bot.platforms.web.playground.app import Playground
from bot.platforms.web.playground.room import Room
from bot.platforms.web.server import build
from bot.sheets.bounds import Bounds
from tests.chat.papers import PAPERS
from tests.patience import PATIENCE
from tests.platforms.web import reading
from tests.platforms.web.conftest import nobody
from tests.platforms.web.served import Page, served

PEOPLE = b"email,id\nnia@example.org,007\n"
BROKEN = b'email\n"nia@example.org'


@pytest.fixture
def app(runner: Runner, room: Room) -> Starlette:
    runner = replace(runner, registry=PAPERS, bounds=Bounds(bytes=1000))
    return build(runner, look_up=nobody, joins={Platform.WEB: "/"}, playground=Playground(room))


async def sent(address: str, content: object = PEOPLE, **headers: str) -> httpx2.Response:
    """Send a file as the page does."""
    common = {"Origin": address, "X-Person": "Ada", "X-File-Name": quote("Ménage à 3.csv")}
    async with httpx2.AsyncClient(timeout=PATIENCE) as client:
        return await client.post(
            f"{address}/playground/files",
            content=content,  # type: ignore[arg-type]
            headers={**common, **headers},
        )


async def submit(page: Page, who: str, **answers: str) -> None:
    form = page.forms[who]
    assert form is not None
    filled = {field["name"]: answers.get(field["name"], "") for field in form["fields"]}
    await page.ask(
        who, "submit", place=form["place"], action=form["action"], clicked=form["clicked"], answers=filled
    )


def newest(page: Page, who: str) -> str:
    return reading.text([one for one in page.seen_by(who) if one["kind"] != "line"][-1])


async def test_a_chosen_file_reaches_the_command(page: Page, address: str) -> None:
    await page.type("Ada", "/papers take note:hello")
    form = page.forms["Ada"]
    assert form is not None
    assert [(field["name"], field["formats"]) for field in form["fields"][:2]] == [
        ("file", ["csv", "xlsx"]),
        ("note", []),
    ]
    kept = (await sent(address)).json()["file"]
    await submit(page, "Ada", file=kept, note="hello")
    assert newest(page, "Ada") == "Ménage à 3.csv, hello\nrow 2: nia@example.org / 007"


async def test_a_file_is_somebody_s_own_and_gone_with_its_form(page: Page, address: str) -> None:
    kept = (await sent(address)).json()["file"]
    await page.type("Nia", "/papers take")
    await submit(page, "Nia", file=kept)
    assert "is missing" in reading.card((page.forms["Nia"] or {})["refusal"])
    await page.type("Ada", "/papers take")
    await submit(page, "Ada", file=kept)
    await page.type("Ada", "/papers take")
    await submit(page, "Ada", file=kept)
    assert "is missing" in reading.card((page.forms["Ada"] or {})["refusal"])


async def test_a_form_that_is_refused_still_has_its_file(page: Page, address: str, room: Room) -> None:
    await page.type("Ada", "/papers take")
    kept = (await sent(address, BROKEN)).json()["file"]
    await submit(page, "Ada", file=kept)
    form = page.forms["Ada"]
    assert form is not None
    assert "do not match" in reading.card(form["refusal"])
    assert (form["fields"][0]["value"], form["fields"][0]["chosen"]) == (kept, "Ménage à 3.csv")
    await page.ask("Ada", "close")
    assert room.uploads.find("Ada", kept) is None


async def test_a_person_s_newest_files_are_kept_and_no_more(address: str, room: Room) -> None:
    kept = [(await sent(address)).json()["file"] for _ in range(3)]
    assert [room.uploads.find("Ada", one) is not None for one in kept] == [False, True, True]


async def test_what_is_too_large_is_not_kept(address: str, room: Room) -> None:
    async def much() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    answer = await sent(address, much())
    assert (answer.status_code, answer.json()) == (413, {"most": 1000})
    assert not room.uploads._files
    assert (await sent(address, b"x" * 1000)).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_files_come_from_our_own_page_alone(address: str, room: Room, origin: str) -> None:
    assert (await sent(address, Origin=origin)).status_code == 403
    assert (await sent(address, **{"X-Person": "Nobody"})).status_code == 404
    assert not room.uploads._files


async def test_without_the_password_nothing_is_taken(runner: Runner, room: Room) -> None:
    locked = build(
        runner,
        look_up=nobody,
        joins={Platform.WEB: "/"},
        playground=Playground(room, "let me in"),
    )
    async with served(locked) as address:
        assert (await sent(address)).status_code == 403


async def test_a_file_is_not_among_what_can_be_typed(page: Page) -> None:
    found = await page.ask("Ada", "complete", line="/papers take ", cursor=13)
    assert [one["text"] for one in found["items"]][:1] == ["note:"]
    assert "file" not in [one["label"] for one in found["items"]]
