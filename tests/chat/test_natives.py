"""The platform's roles and groups are looked up before the transaction, for callers who may call it."""

from dataclasses import dataclass, field

from bot.core.following.ports import Native, NativeKind, Problem
from bot.core.rights.actors import Caller, Platform
from bot.core.values import replace
from tests.core.door import Door, heard, maple, open_door
from tests.core.following_stage import FakePlatform
from tests.world import caller


@dataclass
class Finder(FakePlatform):
    """A platform that records what it is asked to find."""

    asked: list[str] = field(default_factory=list)
    answer: Problem | None = None

    async def find(self, _: Caller, typed: str) -> Native:
        self.asked.append(typed)
        return Native(NativeKind.BADGE, "7", "Staff", self.answer)


async def opened(door: Door) -> Finder:
    found = Finder()
    await maple(door, invite=None)
    door.runner = replace(door.runner, native_syncs={Platform.WEB: found})
    return found


ADA = caller("ada", administers=True)


async def test_it_is_looked_up_and_handed_over() -> None:
    door = open_door()
    finder = await opened(door)
    said = heard(await door.says(ADA, "/role follow role:Staff into:@Staff"))
    assert finder.asked == ["@Staff"]
    assert "Staff follows roles of Maple Grove" in said


async def test_nothing_is_asked_for_those_who_may_not() -> None:
    door = open_door()
    finder = await opened(door)
    await door.says("nia", "/role follow role:Staff into:@Staff")
    await door.says(caller("eve", administers=True), "/role follow role:Staff into:@Staff")
    assert finder.asked == []


async def test_what_cannot_follow_is_explained() -> None:
    door = open_door()
    await maple(door, invite=None)
    for problem in Problem:
        door.runner = replace(door.runner, native_syncs={Platform.WEB: Finder(answer=problem)})
        reply = await door.says(ADA, "/role follow role:Staff into:@Staff")
        assert reply.refused
        assert "{" not in heard(reply)


async def test_outside_a_server_a_role_cannot_be_looked_up() -> None:
    door = open_door()
    await maple(door, invite=None)
    reply = await door.says(ADA, "/role follow role:Staff into:@Staff")
    assert "can only be looked up in a server" in heard(reply)
