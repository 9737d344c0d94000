"""Everything that the web front serves, asked by Schemathesis: whatever comes, the server answers.

What it serves is told from the routes themselves, so that a new page cannot stay out.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.routing import Route

from bot.core.invitations.guessing import Limit, Limits
from bot.core.keys.ring import KeyRing
from bot.core.scim.model import ROOT
from bot.core.values import replace
from bot.platforms.slack.front import SlackFront
from bot.platforms.web.guard import Proxies
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from bot.platforms.web.sign_in.flow import SignIn
from tests.matrices import Counts
from tests.patience import PATIENCE
from tests.platforms.web.scim.provider import providers
from tests.platforms.web.served import served
from tests.platforms.web.sign_in.conftest import settings_for
from tests.servers.slack.server import BOT_TOKEN, SIGNING_SECRET, SlackServer
from tests.soak import size
from tests.world import BASE_URL, KEY, World, open_world, sqlite_url

EACH = size(2, 300)
EVENTS = "/slack/events"
_REQUEST = {"method", "url", "headers", "files", "data", "json", "params", "auth", "cookies"}
# Limits on the rate of requests are lifted, or most requests would only test these.
_NO_LIMIT = Limit(10**9, timedelta(minutes=1))
NO_LIMITS = Limits(_NO_LIMIT, _NO_LIMIT, _NO_LIMIT)
_ANYTHING = {"type": "object", "additionalProperties": {"type": "string"}}
_BODIES = {
    "application/x-www-form-urlencoded": {"schema": _ANYTHING},
    "application/json": {"schema": {}},
}
_RESOURCES = (
    "Users",
    "Users/{id}",
    "Groups",
    "Groups/{id}",
    "Bulk",
    "Me",
    "Schemas",
    "ServiceProviderConfig",
)


@dataclass
class Front:
    """The whole web front, and what is needed to open its pages."""

    app: Starlette
    address: str
    scim: str


@pytest.fixture
async def front(tmp_path: Any) -> AsyncIterator[Front]:
    async with (
        SlackServer() as there,
        open_world(sqlite_url(tmp_path)) as world,
        providers(world, "North") as (north,),
    ):
        runner = replace(world.runner, limits=NO_LIMITS)
        slack = SlackFront(
            runner, bot_token=BOT_TOKEN, signing_secret=SIGNING_SECRET, api_base=there.api_base
        )
        app = build(
            runner,
            look_up=link_lookup(runner),
            joins={},
            routes=slack.routes(),
            sign_in=_sign_in(world),
            proxies=Proxies(),
        )
        async with served(app) as address:
            yield Front(app, address, north.token)
        await slack.close()


def _sign_in(world: World) -> SignIn:
    asked = {"google": settings_for("google", "http://127.0.0.1:1")}
    return SignIn.of(asked, base_url=BASE_URL, keys=KeyRing(KEY), clock=world.clock)


def _described(app: Starlette) -> dict[str, Any]:
    """Describe what an application serves, by its routes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in app.routes:
        if isinstance(route, Route):
            for path in _paths(route.path):
                methods = (route.methods or set()) - {"HEAD", "OPTIONS"}
                paths[path] = {method.lower(): _operation(path, method) for method in sorted(methods)}
    return {"openapi": "3.1.0", "info": {"title": "Homeroom", "version": "1"}, "paths": paths}


def _paths(path: str) -> list[str]:
    return [f"{ROOT}/{one}" for one in _RESOURCES] if path.startswith(ROOT) else [path]


def _operation(path: str, method: str) -> dict[str, Any]:
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    text = {"type": "string", "minLength": 1}
    operation: dict[str, Any] = {
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": text} for name in names),
            *({"name": name, "in": "query", "schema": text} for name in ("filter", "state", "code", "count")),
            *({"name": name, "in": "header", "schema": text} for name in ("X-Forwarded-For", "Accept")),
        ],
        "responses": {"default": {"description": "Anything"}},
    }
    if method != "GET":
        operation["requestBody"] = {"content": _BODIES}
    return operation


def _opened(path: str, body: object, front: Front) -> Mapping[str, str]:
    """Return what opens a page, since there is more to break behind the sign-in."""
    if path.startswith(ROOT):
        return {"Authorization": f"Bearer {front.scim}"}
    if path == EVENTS:
        raw = body if isinstance(body, bytes) else str(body or "").encode()
        stamp = str(int(time.time()))  # Bolt looks at the real clock
        signed = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=stamp, body=raw)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed or ""}
    return {}


async def test_whatever_comes_the_server_answers(front: Front, counts: Counts) -> None:
    schema = schemathesis.openapi.from_dict(_described(front.app))
    found = await asyncio.to_thread(_asked, schema, front)
    counts.add("requests of all kinds to every page", sum(found.values()))
    assert min(found.values()) >= 1
    assert len(found) > 20


def _asked(schema: Any, front: Front) -> dict[str, int]:
    found: dict[str, int] = {}
    line = requests.Session()
    for each in schema.get_all_operations():
        operation = each.ok()
        for mode in GenerationMode:

            @settings(
                max_examples=EACH,
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                label = case.operation.label
                found[label] = found.get(label, 0) + 1
                wanted = case.as_transport_kwargs(base_url=front.address)
                wanted = {name: value for name, value in wanted.items() if name in _REQUEST}
                asked = line.prepare_request(requests.Request(**wanted))
                for opened in (False, True):
                    if opened:
                        asked.headers.update(_opened(case.operation.path, asked.body, front))
                    answer = line.send(asked, allow_redirects=False, timeout=PATIENCE)
                    assert answer.status_code < 500, (label, answer.status_code, answer.text[:200])

            with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where nothing is asked for
                ask()
    return found
