"""Opting out by the link in a mail: by a mail program's one click, and by the page's form."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.platforms.web.server import build
from tests.patience import PATIENCE
from tests.platforms.web.conftest import nobody
from tests.platforms.web.served import served
from tests.storage import build as stored
from tests.world import World

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PARTS = {"List-Unsubscribe": (None, "One-Click")}


@pytest.fixture
async def client(small_world: World) -> AsyncIterator[httpx2.AsyncClient]:
    app = build(small_world.runner, look_up=nobody, joins={})
    async with served(app) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        yield client


async def _bo(small_world: World) -> tuple[str, str]:
    """Send a mail with the link to a person; return their id and the token."""

    def unit(uow: UnitOfWork) -> tuple[str, str]:
        bo = stored.person(uow, "Bo")
        assert uow.people.save_details(bo.id, PersonDetails("Bo", "Berg", email="bo@example.org"))
        return bo.id, uow.broadcasts.stop_token(bo.id)

    return await small_world.database.run(unit)


async def _wants(small_world: World, person_id: str) -> bool:
    details = await small_world.database.read(lambda uow: uow.people.details(person_id))
    return details.message_notifications


async def test_viewing_the_page_changes_nothing_and_names_nobody(
    small_world: World, client: httpx2.AsyncClient
) -> None:
    bo, token = await _bo(small_world)
    for method in ("GET", "HEAD"):
        response = await client.request(method, f"/stop/{token}")
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert not any(word in response.text for word in ("Bo", "Berg", "bo@example.org"))
    assert await _wants(small_world, bo)


@pytest.mark.parametrize("form", [{"data": ONE_CLICK}, {"files": PARTS}, {}])
async def test_one_click_of_a_mail_program_or_the_form_is_enough_and_twice_is_once(
    small_world: World, client: httpx2.AsyncClient, form: dict[str, object]
) -> None:
    bo, token = await _bo(small_world)
    for _ in range(2):
        response = await client.post(f"/stop/{token}", **form)  # type: ignore[arg-type]
        assert response.status_code == 200  # a mail program follows no redirect
        assert "You will get no more messages" in response.text
    assert not await _wants(small_world, bo)
    chain = await small_world.database.read(
        lambda uow: [one.entry.action for one in uow.audit.chain("system")]
    )
    assert chain == ["person.opted_out"]


async def test_what_is_no_link_opens_nothing(small_world: World, client: httpx2.AsyncClient) -> None:
    bo, token = await _bo(small_world)
    for wrong in (f"{token}x", bo, "x" * 500, token.replace(bo, "0" * 26), "%C3%A4.%C3%B6", "%ff.x"):
        for method in ("GET", "POST"):
            assert (await client.request(method, f"/stop/{wrong}")).status_code == 404
    assert (await client.put(f"/stop/{token}")).status_code == 405
    assert await _wants(small_world, bo)


async def test_an_erased_person_has_no_link(small_world: World, client: httpx2.AsyncClient) -> None:
    bo, token = await _bo(small_world)
    await small_world.database.run(lambda uow: uow.accounts.erase(bo, uow.now))
    assert (await client.post(f"/stop/{token}")).status_code == 404
