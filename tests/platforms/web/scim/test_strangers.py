"""SCIM requests without a token, with another district's, or with too much data."""

import copy
import json
import logging
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from bot.core.audit import AuditEntry
from bot.core.ids import hash_of
from bot.core.rights.roles import SCHOOL_ADMIN, SYSTEM_ADMINISTRATOR
from bot.core.scim import tokens
from bot.core.scim.model import ROOT
from bot.platforms.web.scim import limits
from bot.platforms.web.scim.app import _TABLE
from bot.platforms.web.scim.rate import Rate
from bot.platforms.web.scim.wire import mentioned
from tests.platforms.web.scim.provider import GROUP, PATCH, USER, Provider, member, root
from tests.world import World

BODIES: dict[str, Any] = {
    "POST": {"schemas": [USER], "userName": "x", "displayName": "x"},
    "PUT": {"schemas": [USER, GROUP], "userName": "taken over", "displayName": "taken over"},
    "PATCH": {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]},
}


async def test_a_wrong_token_learns_nothing(pair: list[Provider], small_world) -> None:
    north, south = pair
    made = await north.user("nia")
    prefix, token_id, secret = north.token.split(".")
    wrong = [
        "",
        "Bearer",
        "Bearer x",
        f"Basic {north.token}",
        f"Bearer {prefix}.{token_id}.{secret[:-1]}",
        f"Bearer {prefix}.{token_id}.{south.token.rpartition('.')[2]}",
        f"Bearer {prefix}.{token_id}.{hash_of(secret)}",
        f"Bearer other.{token_id}.{secret}",
        f"Bearer {prefix}..{secret}",
    ]
    known = [f"/Users/{made['id']}", "/Users", "/Schemas", "/nothing", "/Groups/x", "/ServiceProviderConfig"]
    answers = set()
    for at, header in enumerate(wrong):
        answer = await north.http.get(
            f"{north.address}{ROOT}{known[at % len(known)]}", headers={"Authorization": header}
        )
        answers.add((answer.status_code, answer.text, answer.headers["www-authenticate"]))
    assert {status for status, *_ in answers} == {401}
    assert len(answers) == 1
    assert (await north.ask("GET", f"/Users/{made['id']}")).status_code == 200


async def test_nothing_that_is_said_without_a_token_is_read(north: Provider) -> None:
    answers = set()
    for method, path, said in (
        ("POST", "/Users", "{"),
        ("POST", "/Users", '{"emails": 1}'),
        ("POST", "/Groups", "x" * (limits.BODY + 1)),
        ("PATCH", "/Users/x", '{"Operations": [{"op": "wrong"}]}'),
        ("PUT", "/Groups/x", "[" * 100_000),
        ("POST", "/.search", '{"filter": "("}'),
        ("GET", "/Users?filter=(", ""),
        ("GET", "/Users?count=x&attributes=a&excludedAttributes=a", ""),
        ("DELETE", "/Nothing", ""),
    ):
        answer = await north.http.request(
            method, f"{north.address}{ROOT}{path}", content=said, headers={"Authorization": "Bearer x"}
        )
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert {status for status, _ in answers} == {401}


async def test_a_token_ends_when_it_is_rotated_and_at_once_when_it_is_revoked(
    north: Provider, small_world
) -> None:
    old = north.token
    north.token = await small_world.database.run(
        lambda uow: tokens.rotate(uow, root(uow), north.district, timedelta(hours=2))
    )
    fresh = north.token
    for token, status in ((old, 200), (fresh, 200)):
        north.token = token
        assert (await north.ask("GET", "/Users")).status_code == status
    small_world.clock.forward(timedelta(hours=2))
    for token, status in ((old, 401), (fresh, 200)):
        north.token = token
        assert (await north.ask("GET", "/Users")).status_code == status
    await small_world.database.run(lambda uow: tokens.revoke(uow, root(uow), north.district))
    assert (await north.ask("GET", "/Users")).status_code == 401
    assert (await north.ask("POST", "/Users", BODIES["POST"])).status_code == 401


async def test_no_operation_reaches_another_districts_resources(pair: list[Provider], small_world) -> None:
    north, south = pair
    north_ids = {"Users": [(await north.user("nia"))["id"]], "Groups": [(await north.group("G"))["id"]]}

    def people(uow: Any) -> list[str]:
        return [
            member(uow, north.school, "Ada", "ada@example.org", SCHOOL_ADMIN.name),
            member(uow, north.school, "Leo", "leo@example.org"),
        ]

    north_ids["Users"] += await small_world.database.run(people)
    before = await _all(north)
    entries = await _entries(small_world)
    tried = 0
    for (name, one), methods in _TABLE.items():
        if not one or name not in north_ids:
            continue
        for method in methods:
            for foreign in north_ids[name]:
                tried += 1
                answer = await south.ask(method, f"/{name}/{foreign}", copy.deepcopy(BODIES.get(method)))
                assert answer.status_code == 404, (method, name, answer.text)
    own = await south.group("Mine")
    for foreign in north_ids["Users"]:
        operation = {"op": "add", "path": "members", "value": [{"value": foreign}]}
        inside = {"schemas": [GROUP], "displayName": "Other", "members": [{"value": foreign}]}
        for answer in (
            await south.patch(f"/Groups/{own['id']}", operation),
            await south.ask("PUT", f"/Groups/{own['id']}", inside),
            await south.ask("POST", "/Groups", inside),
        ):
            tried += 1
            assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
    for path in ("/Users", "/Users?filter=userName pr", '/Users?filter=emails.value eq "leo@example.org"'):
        assert (await south.ask("GET", path)).json()["totalResults"] == 0
    for wanted in ("userName pr", "displayName pr", f'id eq "{north_ids["Users"][0]}"'):
        found = await south.ask("POST", "/.search", {"filter": wanted})
        assert [one["id"] for one in found.json().get("Resources", [])] in ([], [own["id"]])
    assert await _all(north) == before
    assert len(await _entries(small_world)) == len(entries) + 1, "its own group, and nothing else"
    assert tried == 25


async def _all(of: Provider) -> Any:
    return (await of.ask("POST", "/.search", {})).json()


async def _entries(world: World) -> list[AuditEntry]:
    return await world.database.read(
        lambda uow: [one.entry for name in uow.audit.chains() for one in uow.audit.chain(name)]
    )


async def test_an_address_that_is_known_elsewhere_is_taken_and_no_more_is_said(pair, small_world) -> None:
    north, south = pair
    told = {"emails": [{"value": "nia@example.org", "primary": True}]}
    await north.user("nia@example.org", told)
    answer = await south.ask("POST", "/Users", {"schemas": [USER], "userName": "other", **told})
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert "nia" not in answer.text
    assert (await south.ask("GET", "/Users")).json()["totalResults"] == 0


async def test_who_is_above_a_district_admin_is_no_user(north: Provider, small_world) -> None:
    def people(uow: Any) -> str:
        zed = member(uow, north.school, "Zed", "zed@example.org")
        uow.members.assign(zed, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
        return zed

    zed = await small_world.database.run(people)
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert (await north.ask(method, f"/Users/{zed}", BODIES.get(method))).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"userName": ' + b"1" * 5000 + b"}", 400),
        (b'{"userName": "' + b"x" * limits.BODY + b'"}', 413),
        (b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "\\u0000"}', 400),
        (b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": " "}', 400),
        (b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}', 400),
        (json.dumps({"schemas": [USER], "userName": "x", "emails": [{"value": "none"}]}).encode(), 400),
    ],
)
async def test_a_hostile_body_is_refused_in_the_form_of_scim(north, content: bytes, status: int) -> None:
    answer = await north.http.post(
        f"{north.address}{ROOT}/Users", content=content, headers={"Authorization": f"Bearer {north.token}"}
    )
    assert (answer.status_code, answer.json()["status"]) == (status, str(status))


@pytest.mark.parametrize("kind", ["Users", "Groups"])
async def test_what_no_database_can_look_for_is_no_trouble(north: Provider, kind: str) -> None:
    far = await north.ask("GET", f"/{kind}?startIndex={10**30}&count=5")
    assert (far.status_code, far.json().get("Resources", [])) == (200, [])
    for name in ("%00", "a%00b"):
        assert (await north.ask("GET", f"/{kind}/{name}")).status_code == 404
        assert (await north.ask("GET", f'/{kind}?filter=externalId eq "{name}"')).status_code == 400
    for text in ("\0", "\ud800", r"\u0000", r"\ud800"):
        looked = json.dumps({"filter": f'externalId eq "{text}"'}).encode()
        own = {"Authorization": f"Bearer {north.token}"}
        answer = await north.http.post(f"{north.address}{ROOT}/{kind}/.search", content=looked, headers=own)
        assert answer.status_code == 400


async def test_a_patch_about_an_id_that_nobody_can_have_changes_nothing(north: Provider) -> None:
    nia = await north.user("nia")
    group = await north.group("Staff", nia["id"])
    patch = {"op": "remove", "path": "members", "value": [{"value": "\0"}]}
    answer = await north.patch(f"/Groups/{group['id']}", patch)
    assert answer.status_code == 200
    assert [one["value"] for one in answer.json()["members"]] == [nia["id"]]
    assert mentioned({"Operations": [patch]}) == frozenset()


async def test_members_leave_in_whatever_case_their_names_are_written(north: Provider) -> None:
    nia = await north.user("nia")
    group = await north.group("Staff", nia["id"])
    patch = {"op": "remove", "path": "members", "value": [{"Value": nia["id"]}]}
    answer = await north.patch(f"/Groups/{group['id']}", patch)
    assert (answer.status_code, answer.json().get("members")) == (200, None)
    assert "members" not in (await north.ask("GET", f"/Groups/{group['id']}")).json()


async def test_so_many_operations_at_once_are_refused(north: Provider) -> None:
    made = await north.user("nia")
    operation = {"op": "replace", "path": "userName", "value": "n"}
    answer = await north.patch(f"/Users/{made['id']}", *[operation] * (limits.OPERATIONS + 1))
    assert answer.status_code == 400
    assert (await north.patch(f"/Users/{made['id']}", *[operation] * limits.OPERATIONS)).status_code == 200


@pytest.mark.parametrize("name", ["filter", "Filter"])
async def test_a_filter_is_not_longer_for_being_called_otherwise(north: Provider, name: str) -> None:
    """SCIM reads names in any case; the terms of such a filter would be more than SQLite takes."""
    wanted = " or ".join(['userName eq "x"'] * 2000)
    assert (await north.ask("POST", "/Users/.search", {name: wanted})).status_code == 400
    assert (await north.ask("GET", f"/Users?{name}={wanted}")).status_code == 400


async def test_what_is_said_twice_is_not_read(north: Provider) -> None:
    """Otherwise one of the two would be bounded, and the other done."""
    one = {"op": "replace", "value": {"active": False}}
    twice = {"schemas": [PATCH], "operations": [one], "Operations": [one] * 500}
    assert (await north.ask("PATCH", "/Users/x", twice)).status_code == 400


async def test_what_is_not_done_is_said_in_the_form_of_scim(north: Provider) -> None:
    missing = await north.ask("GET", "/Users/unknown")
    assert (missing.status_code, missing.json()["status"]) == (404, "404")
    wrong = await north.ask("DELETE", "/Users")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    assert (await north.ask("POST", "/Bulk", {})).status_code == 404


async def test_requests_beyond_the_rate_wait(north: Provider, monkeypatch) -> None:
    answers: list[httpx2.Response] = [
        await north.http.get(f"{north.address}{ROOT}/Users") for _ in range(limits.WRONG_BURST + 5)
    ]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await north.ask("GET", "/Users")).status_code == 200, "a right token does not wait for wrong ones"


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    rate = Rate(2, 0.5, lambda: now[0])
    assert [rate.wait("a") for _ in range(3)] == [0, 0, 2]
    assert rate.wait("b") == 0
    now[0] = 2
    assert [rate.wait("a") for _ in range(2)] == [0, 2]
    for number in range(limits.MAX_CLIENTS + 5):
        rate.wait(str(number))
    assert len(rate._left) == limits.MAX_CLIENTS


async def test_nothing_personal_and_no_token_is_logged_or_audited(
    north: Provider, small_world, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "zq-canary"
    told = {
        "name": {"givenName": f"{canary}-first", "familyName": f"{canary}-last"},
        "externalId": f"{canary}-external",
        "emails": [{"value": f"{canary}@example.org"}],
    }
    made = await north.user(f"{canary}-user", told)
    await north.ask("GET", f'/Users?filter=userName eq "{canary}-user"')
    await north.ask("POST", "/Users", {"schemas": [USER], "userName": f"{canary}-user"})
    await north.patch(f"/Users/{made['id']}", {"op": "replace", "path": "active", "value": canary})
    await north.patch(f"/Users/{made['id']}", {"op": "replace", "path": "name.givenName", "value": canary})
    await north.group(f"{canary}-group", made["id"])
    await north.ask("DELETE", f"/Users/{made['id']}")
    kept = repr(await _entries(small_world))
    logged = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("httpx"))
    for secret in (canary, north.token, north.token.rpartition(".")[2]):
        assert secret not in kept
        assert secret not in logged
    assert '"scim"' in kept.replace("'", '"')
