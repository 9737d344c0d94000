"""Who is offered to ask again, on the page of an invitation and on cards: whom the rule would not refuse."""

from datetime import timedelta

import pytest

from bot.core.requests import asking
from bot.core.requests.join_requests import RequestState
from bot.core.schools.schools import SchoolAccess
from bot.core.values import replace
from tests.core.place import Place
from tests.storage import build
from tests.world import START

PUBLIC = {"access": SchoolAccess.PUBLIC}


@pytest.mark.parametrize(
    ("state", "changed", "offered"),
    [
        (RequestState.REJECTED, PUBLIC, True),
        (RequestState.REJECTED, {}, False),
        (RequestState.REJECTED, PUBLIC | {"archived_at": START}, False),
        (RequestState.LAPSED, PUBLIC, False),
    ],
)
def test_rejected_people_are_told_when_where_the_school_would_let_them_ask(
    state: RequestState, changed: dict[str, object], *, offered: bool
) -> None:
    place = Place()
    at = place.clock.now()
    school = place.save(place.school, ask_again_days=3, **changed)
    request = build.join_request(place.uow, school, place.person("nia"), state=state, decided_at=at)
    assert asking.can_ask_again_at(school, request) == (at + timedelta(days=3) if offered else None)


@pytest.mark.parametrize("state", RequestState)
def test_who_came_by_an_invitation_and_was_not_answered_is_offered_to_ask_again(state: RequestState) -> None:
    place = Place()
    ada, nia = place.admin.known_person, place.person("nia")
    made, other = (build.invitation(place.uow, place.school, ada) for _ in range(2))
    assert asking.unanswered(place.uow, made, place.school, nia.id) is None, "she has not asked yet"
    request = build.join_request(place.uow, place.school, nia, state=state, invitation_id=made.id)
    offered = request if state in {RequestState.LAPSED, RequestState.CLOSED} else None
    assert asking.unanswered(place.uow, made, place.school, nia.id) == offered
    assert asking.unanswered(place.uow, other, place.school, nia.id) is None
    revoked = replace(made, revoked_at=place.clock.now())
    assert asking.unanswered(place.uow, revoked, place.school, nia.id) is None
    archived = place.save(place.school, archived_at=START)
    assert asking.unanswered(place.uow, made, archived, nia.id) is None
