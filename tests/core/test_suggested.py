"""What is suggested while people type is what the command then takes."""

from bot.chat.text import plain
from bot.core.following import following
from bot.core.following.ports import Native, NativeKind
from bot.core.people.members import Standing
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller
from bot.core.values import replace
from tests.core.door import Door, as_, heard, maple
from tests.storage import build
from tests.world import START, caller

ADA = caller("ada", administers=True)
EVE = caller("eve", administers=True)
BY_REQUEST = 'approval:"by request"'


async def _suggested(
    door: Door, who: Caller | str, path: str, option: str = "school", typed: str = "", **values: str
) -> list[str]:
    called = who if isinstance(who, Caller) else caller(who)
    found = await door.runner.suggest(path, option, typed, called, values)
    return [plain(one.label) for one in found]


async def _two_schools(door: Door) -> None:
    """Let Ada have Maple Grove and Oak in one workspace, and Eve have Elm there."""
    await maple(door)
    await door.says(ADA, "/school create Oak")
    await door.says(EVE, "/school create Elm")


async def test_who_has_several_schools_chooses_among_those_where_they_may(door: Door) -> None:
    await _two_schools(door)
    for path in ("invite create", "member list", "school show", "request list", "role follow"):
        assert await _suggested(door, ADA, path) == ["Maple Grove", "Oak"], path
        assert await _suggested(door, ADA, path, typed="oa") == ["Oak"], path
        assert await _suggested(door, "nora", path) == [], path
    assert not (await door.says(ADA, "/invite create school:Oak")).refused
    assert (await door.says(ADA, "/invite create school:Elm")).refused


async def test_whom_to_ask_is_suggested_for_the_schools_of_whoever_asks(door: Door) -> None:
    await _two_schools(door)
    invitation = (await door.invitations_of("Maple Grove"))[0]
    await door.says("nora", f"/join {invitation.code}")
    for who, names in ((ADA, ["Maple Grove", "Oak"]), (EVE, ["Elm"]), ("nora", ["Maple Grove"]), ("zoe", [])):
        assert await _suggested(door, who, "school who") == names
    assert "Ada" in heard(await door.says("nora", '/school who school:"Maple Grove"'))


async def test_only_schools_of_this_workspace_get_a_channel_or_roles_here(door: Door) -> None:
    await _two_schools(door)
    away = replace(ADA, workspace=replace(ADA.workspace, external_id="elsewhere"))  # type: ignore[type-var]
    await door.says(away, "/school create Ash")
    for path in ("school approvals", "role follow", "school mirror"):
        assert await _suggested(door, ADA, path) == ["Maple Grove", "Oak"], path
        assert await _suggested(door, away, path) == ["Ash"], path
    assert (await door.says(ADA, "/school approvals school:Ash")).refused


async def test_only_roles_that_something_follows_can_be_unfollowed(door: Door) -> None:
    await maple(door)
    school = await door.school()

    def follow(uow: UnitOfWork) -> list[str]:
        wanted = (("Staff", "5", "crew"), ("*", "6", "all"))
        made = (
            following.follow(uow, as_(uow, ADA), school, role, Native(NativeKind.ROLE, of, name))
            for role, of, name in wanted
        )
        return [one.id for one in made]

    crew, _ = await door.database.run(follow)
    everyone = "Everybody who is a member"
    assert await _suggested(door, ADA, "role unfollow", "role") == [everyone, "Staff"]
    assert await _suggested(door, ADA, "role unfollow", "role", thing=crew) == ["Staff"]
    assert len(await _suggested(door, ADA, "role follow", "role")) > 2
    assert not (await door.says(ADA, f"/role unfollow {crew} role:Staff")).refused


async def test_requests_are_suggested_to_those_who_can_do_something_with_them(door: Door) -> None:
    await maple(door, BY_REQUEST)
    school = await door.school()

    def ask(uow: UnitOfWork) -> None:
        for name in ("Mia", "Nia", "Pia"):
            build.join_request(uow, school, build.person(uow, name))

    await door.database.run(ask)
    mia, nia, _ = await door.requests()
    await door.clicks("ada", "request claim", request=mia.id)
    await door.database.run(lambda uow: uow.join_requests.record_departure(nia.id, START))
    expected = {
        "approve": ["Mia", "Nia", "Pia"],
        "reject": ["Mia", "Nia", "Pia"],
        "show": ["Mia", "Nia", "Pia"],
        "claim": ["Nia", "Pia"],
        "release": ["Mia"],
        "close": ["Nia"],
    }
    for verb, names in expected.items():
        assert await _suggested(door, "omar", f"request {verb}", "request") == names, verb
    await door.says(ADA, "/member suspend omar")
    assert await _suggested(door, "omar", "request approve", "request") == []
    await door.clicks("ada", "request release", request=mia.id)
    assert await _suggested(door, "ada", "request claim", "request", typed="mi") == ["Mia"]


async def test_whoever_may_decide_requests_but_not_see_them_is_suggested_no_names(door: Door) -> None:
    await maple(door, BY_REQUEST)
    school = await door.school()
    await door.database.run(lambda uow: build.join_request(uow, school, build.person(uow, "Mia")))
    await door.says(ADA, "/role create name:Decider permissions:request.decide")
    await door.says(ADA, "/member roles person:omar roles:Decider")
    assert "You may not see join requests" in heard(await door.says("omar", "/request approve Mia"))
    assert await _suggested(door, "omar", "request approve", "request") == []


async def test_who_has_several_schools_finds_requests_and_invitations_in_all_of_them(door: Door) -> None:
    await _two_schools(door)
    maple, oak = (await door.database.read(lambda uow: uow.schools.linked_to(ADA.workspace)))[1:3]  # type: ignore[arg-type]
    assert {maple.name, oak.name} == {"Maple Grove", "Oak"}

    def ask(uow: UnitOfWork) -> None:
        for name, school in (("Mia", maple), ("Nia", oak), ("Pia", maple), ("Pia", oak)):
            who = build.person(uow, name)
            build.membership(uow, school, who, Standing.PENDING)
            build.join_request(uow, school, who)

    await door.database.run(ask)
    assert await _suggested(door, ADA, "request approve", "request", typed="ia") == [
        "Mia",
        "Pia",
        "Nia",
        "Pia",
    ]
    assert "Requests" not in heard(await door.says(ADA, "/request approve"))
    assert "Approved" in heard(await door.says(ADA, "/request approve request:Nia"))
    assert "Approved" in heard(await door.says(ADA, "/request show request:Nia"))
    several = await door.says(ADA, "/request reject request:Pia")
    assert "could mean several people" in heard(several)
    assert "cannot find" in heard(await door.says(ADA, "/request approve request:Zoe"))
    assert (await door.says(EVE, "/request approve request:Mia")).refused
    await door.says(ADA, '/invite create school:Oak label:"the fair"')
    assert len(await _suggested(door, ADA, "invite revoke", "invitation")) == 3
    assert len(await _suggested(door, ADA, "invite revoke", "invitation", typed="the fair")) == 1
