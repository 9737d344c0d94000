"""Invitations that are looked for by what is known of them."""

from datetime import timedelta

import pytest

from bot.core.ids import grouped
from bot.core.invitation_views import search
from bot.core.invitations import InvitationFilter, InvitationState
from tests.core.place import Place
from tests.storage import build
from tests.world import START

LINK = "https://door.example.org/i/"


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_whole_code_or_link_finds_the_one_that_it_opens_as_it_stands(place: Place) -> None:
    ada = place.person("ida")
    wanted = build.invitation(place.uow, place.school, ada, expires_at=START - timedelta(days=1))
    build.invitation(place.uow, place.school, ada)
    elsewhere = build.invitation(place.uow, place.another("Oak"), ada)

    def found(text: str, state: InvitationState | None = None) -> list[str]:
        sought = InvitationFilter(text=text, state=state)
        return [one.id for one in search(place.uow, place.school_id, sought, limit=9)]

    for typed in (wanted.code.lower(), grouped(wanted.code), f"{LINK}{wanted.token}"):
        assert found(typed) == found(typed, InvitationState.EXPIRED) == [wanted.id]
        assert found(typed, InvitationState.SENT) == []
    for typed in (elsewhere.code, f"{LINK}{elsewhere.token}"):
        assert found(typed) == []
