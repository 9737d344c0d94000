"""A school with a role that follows its staff, and looks at who has it; for the tests of looks."""

from datetime import datetime, timedelta

from bot.core.following import drift as following_drift
from bot.core.following import following
from bot.core.following import marks as following_marks
from bot.core.following.drift import Seen
from bot.core.following.ports import (
    DifferenceState,
    Differs,
    Follower,
    Mark,
    MarkState,
    Native,
    NativeKind,
)
from bot.core.notices.notices import Audience, Notice
from bot.core.values import replace
from tests.core.place import Place
from tests.world import START

OLD = START - timedelta(hours=2)


def crew() -> Place:
    """Make a school whose staff is Nia and Ben, with a role that follows them."""
    one = Place()
    one.member("nia", "Staff")
    one.member("ben", "Staff")
    one.person("eve")
    following.follow(one.uow, one.admin, one.school, "Staff", Native(NativeKind.ROLE, "5", "Crew"))
    for subject in ("nia", "ben"):
        marked(one, subject)
    one.clear_outbox_and_log()
    return one


def thing(place: Place) -> Follower:
    (found,) = place.state.followers.values()
    return found


def change(place: Place, **values: object) -> Follower:
    place.uow.followings.save(replace(thing(place), **values))  # type: ignore[arg-type]
    return thing(place)


def marked(place: Place, subject: str, state: MarkState = MarkState.DONE, *, wanted: bool = True) -> Mark:
    following_marks.request_change(place.uow, thing(place), subject, wanted=wanted)
    found = place.uow.follow_marks.of(thing(place).id, subject)
    assert found is not None
    put = replace(found, state=state, at=OLD)
    place.uow.follow_marks.put(put)
    return put


def asked(place: Place) -> Notice:
    following_marks.ask_to_look(place.uow, thing(place))
    (notice,) = place.waiting(Audience.LOOK)
    return notice


def looked(place: Place, seen: Seen, began: datetime) -> None:
    of = thing(place).id
    compared = following_marks.compare(place.uow, of, most=1, as_if_free=True)
    following_drift.judge_look(place.uow, asked(place), of, seen, began, compared)


def look(
    place: Place, *has: str, name: str = "Crew", disabled: bool = False, present: str | None = None
) -> None:
    """A look ends that began now: who has the thing, and maybe who is in the workspace."""
    there = None if present is None else frozenset(present.split())
    names = {"zoe": "Zoe there"}
    seen = Seen(name, frozenset(has), there, names, disabled=disabled)
    looked(place, seen, place.clock.now())
    assert place.told(Audience.LOOK) == []


def differences(place: Place) -> dict[str, tuple[Differs, DifferenceState]]:
    found = place.uow.followings.differences(thing(place).id)
    return {one.subject: (one.differs, one.fate) for one in found}


def wanted(place: Place) -> dict[str, tuple[bool, MarkState]]:
    return {one.subject: (one.wanted, one.state) for one in place.state.follow_marks.values()}


def to_admins(place: Place) -> bool:
    told = place.told(Audience.ADMIN)
    assert told in ([], [(thing(place).subject, "discord/@ada")])
    return bool(told)
