"""Requests exactly as Okta and Entra ID send them."""

from typing import Any

import pytest

from bot.core.people.members import Access
from bot.platforms.web.scim.wire import mentioned
from tests.platforms.web.scim.provider import GROUP, USER, Provider, member

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OKTA = {
    "schemas": [USER],
    "userName": "nia.okafor@example.org",
    "name": {"givenName": "Nia", "familyName": "Okafor"},
    "emails": [{"primary": True, "value": "nia.okafor@example.org", "type": "work"}],
    "displayName": "Nia Okafor",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}
ENTRA = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Leo@example.org",
    "active": "True",
    "displayName": "Leo Berg",
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Leo Berg", "familyName": "Berg", "givenName": "Leo"},
    "emails": [{"type": "work", "value": "leo@example.org", "primary": True}],
    "title": "Teacher",
    ENTERPRISE: {"department": "Maths"},
}


@pytest.mark.parametrize("body", [OKTA, ENTRA], ids=["okta", "entra"])
async def test_a_user_is_made_found_and_shown_as_it_was_told(north: Provider, body: dict[str, Any]) -> None:
    looked = await north.ask("GET", f'/Users?filter=userName eq "{body["userName"]}"&startIndex=1&count=100')
    assert (looked.status_code, looked.json()["totalResults"]) == (200, 0)
    made = await north.ask("POST", "/Users", body)
    assert made.status_code == 201
    assert made.headers["content-type"] == "application/scim+json"
    told = made.json()
    assert made.headers["location"] == told["meta"]["location"]
    assert "password" not in made.text
    assert (told["userName"], told["active"]) == (body["userName"], True)
    assert told["name"] == {key: body["name"][key] for key in ("familyName", "givenName")}
    assert told["emails"] == body["emails"]
    for wanted in (
        f'userName eq "{body["userName"].upper()}"',
        f'externalId eq "{body["externalId"]}"',
        f'emails.value eq "{body["emails"][0]["value"]}"',
        f'emails[type eq "work" and value eq "{body["emails"][0]["value"]}"]',
        f'active eq true and userName sw "{body["userName"][:3]}"',
        f'name.familyName co "{body["name"]["familyName"][1:]}" or userName eq "other"',
        f'not (userName eq "other") and {USER}:userName pr',
    ):
        found = await north.ask("GET", f"/Users?filter={wanted}")
        assert [one["id"] for one in found.json()["Resources"]] == [told["id"]], wanted
    again = await north.ask("POST", "/Users", body)
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")


OFF = [
    {"op": "replace", "value": {"active": False}},
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "Add", "path": "active", "value": "false"},
    {"op": "replace", "path": f"{USER}:active", "value": False},
    {"op": "Replace", "value": {"active": "False"}},
]


@pytest.mark.parametrize("operation", OFF)
async def test_every_way_to_switch_off_does(small_world, north: Provider, operation: dict[str, Any]) -> None:
    def known(uow):
        return member(uow, north.school, "Nia", "nia@example.org")

    nia = await small_world.database.run(known)
    answer = await north.patch(f"/Users/{nia}", operation)
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    now = await small_world.database.read(lambda uow: uow.members.of(north.school.id, nia))
    assert now.access is Access.DEACTIVATED
    on = await north.patch(f"/Users/{nia}", {**operation, "value": _turned(operation["value"])})
    assert on.json()["active"] is True
    now = await small_world.database.read(lambda uow: uow.members.of(north.school.id, nia))
    assert now.access is Access.OK


def _turned(value: Any) -> Any:
    return {"active": True} if isinstance(value, dict) else True if isinstance(value, bool) else "True"


async def test_entra_fills_what_is_not_there_and_names_what_is_not_kept(north: Provider) -> None:
    made = await north.user("lea")
    answer = await north.patch(
        f"/Users/{made['id']}",
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "lea@example.org"},
        {"op": "Add", "path": "name.givenName", "value": "Lea"},
        {"op": "Replace", "value": {"name.familyName": "Berg", f"{ENTERPRISE}:department": "Arts"}},
        {"op": "Add", "path": "title", "value": "Head"},
    )
    told = answer.json()
    assert answer.status_code == 200
    assert told["emails"] == [{"type": "work", "value": "lea@example.org"}]
    assert told["name"] == {"givenName": "Lea", "familyName": "Berg"}
    moved = await north.patch(
        f"/Users/{made['id']}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "lea.berg@example.org"},
    )
    assert moved.json()["emails"][0]["value"] == "lea.berg@example.org"
    gone = await north.patch(f"/Users/{made['id']}", {"op": "Remove", "path": "name.familyName"})
    assert gone.json()["name"] == {"givenName": "Lea"}


async def test_okta_replaces_a_user_whole_and_active_stays_where_nothing_is_said(north: Provider) -> None:
    made = await north.ask("POST", "/Users", OKTA)
    path = f"/Users/{made.json()['id']}"
    off = await north.ask("PUT", path, {**OKTA, "active": False, "name": {"givenName": "N"}})
    assert (off.json()["active"], off.json()["name"]) == (False, {"givenName": "N"})
    silent = await north.ask("PUT", path, {"schemas": [USER], "userName": OKTA["userName"]})
    assert (silent.status_code, silent.json()["active"]) == (200, False)
    assert "externalId" not in silent.json()
    on = await north.ask("PUT", path, OKTA)
    assert on.json()["active"] is True


async def test_names_that_are_joined_by_signs_of_their_own_are_kept_and_found(north: Provider) -> None:
    ali = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"  # Ali-Reza, as Persian joins it
    name = {"givenName": f"\u200f{ali}", "familyName": "No\u200bvak\n"}
    made = await north.user("ali", {"name": name})
    assert made["name"] == {"givenName": ali, "familyName": "Novak"}
    teachers = "\U0001f469\u200d\U0001f3eb Teachers"
    group = await north.group(teachers)
    assert group["displayName"] == teachers
    for path in (f'/Users?filter=name.givenName eq "{ali}"', f'/Groups?filter=displayName eq "{teachers}"'):
        assert (await north.ask("GET", path)).json()["totalResults"] == 1


async def test_members_are_added_and_removed_in_every_form(north: Provider) -> None:
    ana, bob, cai = [(await north.user(name))["id"] for name in ("ana", "bob", "cai")]
    group = await north.group("Teachers", ana)
    path = f"/Groups/{group['id']}"
    for operation, there in (
        ({"op": "Add", "path": "members", "value": [{"value": bob}, {"value": ana}]}, {ana, bob}),
        ({"op": "add", "path": "members", "value": {"value": cai}}, {ana, bob, cai}),
        ({"op": "remove", "path": f'members[value eq "{ana}"]'}, {bob, cai}),
        ({"op": "Remove", "path": "members", "value": [{"value": bob}]}, {cai}),
        ({"op": "remove", "path": f'members[value eq "{ana}"]'}, {cai}),
        ({"op": "replace", "path": "members", "value": [{"value": ana}, {"value": bob}]}, {ana, bob}),
        ({"op": "replace", "value": {"id": group["id"], "displayName": "Staff"}}, {ana, bob}),
        ({"op": "add", "value": {"members": [{"value": cai}]}}, {ana, bob, cai}),
        ({"op": "remove", "path": "members"}, set()),
    ):
        answer = await north.patch(path, operation)
        assert answer.status_code == 200, (operation, answer.text)
        assert {one["value"] for one in answer.json().get("members", [])} == there, operation
    assert (await north.ask("GET", path)).json()["displayName"] == "Staff"
    put = await north.ask("PUT", path, {**group, "displayName": "All", "members": [{"value": bob}]})
    assert [one["value"] for one in put.json()["members"]] == [bob]
    shown = await north.ask("GET", f"/Users/{bob}")
    assert [one["display"] for one in shown.json()["groups"]] == ["All"]
    small = await north.ask("GET", f"{path}?excludedAttributes=members")
    assert "members" not in small.json()
    named = await north.ask("GET", '/Groups?filter=displayName eq "ALL"&excludedAttributes=members')
    assert [one["id"] for one in named.json()["Resources"]] == [group["id"]]
    inside = await north.ask("GET", f'/Groups?filter=members eq "{bob}"')
    assert inside.json()["totalResults"] == 1
    unknown = await north.patch(path, {"op": "add", "path": "members", "value": [{"value": "nobody"}]})
    assert (unknown.status_code, unknown.json()["scimType"]) == (400, "invalidValue")


def test_a_patch_that_names_its_members_reads_no_others() -> None:
    def about(*operations: dict[str, Any]) -> frozenset[str] | None:
        return mentioned({"schemas": [], "Operations": list(operations)})

    add = {"op": "Add", "path": "members", "value": [{"value": "a"}, {"value": "b"}]}
    one = {"op": "remove", "path": 'members[value eq "c"]'}
    assert about(add, one) == frozenset("abc")
    assert about({**one, "path": f"{GROUP}:{one['path']}"}) == frozenset("c")
    assert about({"op": "Remove", "path": "members", "value": [{"value": "d"}]}) == frozenset("d")
    assert about({"op": "replace", "value": {"id": "x", "displayName": "y"}}) == frozenset()
    assert about({"op": "replace", "path": "displayName", "value": "y"}, add) == frozenset("ab")
    for everybody in (
        {"op": "replace", "path": "members", "value": [{"value": "a"}]},
        {"op": "remove", "path": "members"},
        {"op": "add", "value": {"members": [{"value": "a"}]}},
        {"op": "remove", "path": 'members[value sw "c"]'},
        {"op": "add", "path": 'members[value eq "c"].type', "value": "User"},
        {"op": "replace", "value": []},
    ):
        assert about(add, everybody) is None, everybody


async def test_so_many_operations_on_all_members_are_refused(north: Provider) -> None:
    group = await north.group("Teachers")
    operation = {"op": "remove", "path": "members"}
    assert (await north.patch(f"/Groups/{group['id']}", *[operation] * 21)).status_code == 400
    assert (await north.patch(f"/Groups/{group['id']}", *[operation] * 20)).status_code == 200


async def test_pages_go_by_number_and_tell_the_total(north: Provider) -> None:
    names = {(await north.user(f"u{number}"))["userName"] for number in range(5)}
    seen = []
    for start in (1, 3, 5):
        page = (await north.ask("GET", f"/Users?startIndex={start}&count=2")).json()
        assert (page["totalResults"], page["startIndex"]) == (5, start)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [one["userName"] for one in page["Resources"]]
    assert (len(seen), set(seen)) == (5, names)
    counted = (await north.ask("GET", "/Users?count=0")).json()
    assert (counted["totalResults"], counted.get("Resources", [])) == (5, [])
    await north.group("G")
    mixed = await north.ask("POST", "/.search", {"startIndex": 5, "count": 2})
    kinds = [one["meta"]["resourceType"] for one in mixed.json()["Resources"]]
    assert (mixed.json()["totalResults"], kinds) == (6, ["User", "Group"])
    found = await north.ask("POST", "/.search", {"filter": 'displayName eq "G"'})
    assert found.json()["totalResults"] == 1


@pytest.mark.parametrize(
    "wanted",
    [
        "userName",
        'title eq "x"',
        'userName gt "a"',
        'externalId co "a"',
        "active sw true",
        'active eq "perhaps"',
        'urn:x:y:userName eq "a"',
        'userName eq "' + "x" * 2000 + '"',
    ],
)
async def test_a_filter_that_is_not_understood_is_refused(north: Provider, wanted: str) -> None:
    answer = await north.ask("POST", "/Users/.search", {"filter": wanted})
    assert answer.status_code == 400, answer.text
    assert answer.json()["scimType"] in {"invalidFilter", "invalidValue"}
