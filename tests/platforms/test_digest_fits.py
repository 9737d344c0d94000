"""A digest fits into one message on every platform, since only a card's first message can be edited."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.requests import digests as cards
from bot.chat.replies import Actions, Button, Card
from bot.core.ids import new_id
from bot.core.requests import digests
from bot.core.requests.join_requests import JoinRequest, RequestState
from bot.core.requests.views import RequestView
from bot.core.rights.actors import AccountKey
from bot.core.schools.schools import School
from bot.platforms.discord.rendering.render import render as on_discord
from bot.platforms.slack.rendering.render import render as on_slack
from tests.servers.slack.rules import problems_of_message

NOW = datetime(2026, 9, 2, 8, tzinfo=UTC)
# As long as first and last name together may be, and as hostile.
NAME = "**W** <@U1> " + "W" * 110
SCHOOL = School(new_id(NOW), "M" * 80, NOW)


def _view(state: RequestState = RequestState.PENDING) -> RequestView:
    asked = NOW - timedelta(days=400)
    decided_at = None if state is RequestState.PENDING else NOW
    account = AccountKey("discord", "1")
    request = JoinRequest(
        new_id(asked), SCHOOL.id, new_id(asked), account, "R" * 40, asked, state=state, decided_at=decided_at
    )
    return RequestView(request, SCHOOL, applicant=NAME, decided_by=NAME)


@pytest.fixture
def fullest() -> Card:
    """Return the largest possible digest."""
    decided = tuple(_view(RequestState.APPROVED) for _ in range(5))
    shown = tuple(_view() for _ in range(digests.PAGE))
    page = digests.Page(SCHOOL, shown, 100_000, more=True, decided=decided)
    return cards.digest(page, next_at=NOW)


def test_the_fullest_digest_is_one_message_of_discord(fullest: Card) -> None:
    (page,) = on_discord(fullest)
    assert "".join(page.words).count("W" * 110) >= 2 * digests.PAGE


def test_the_fullest_digest_is_one_message_of_slack(fullest: Card) -> None:
    (message,) = on_slack(fullest)
    assert problems_of_message({"text": message.text, "blocks": message.blocks}) == []


def test_all_that_its_buttons_do_fits_a_button(fullest: Card) -> None:
    buttons = [one for block in fullest.blocks if isinstance(block, Actions) for one in block.buttons]
    packed = [one.action.pack() for one in buttons if isinstance(one, Button)]
    assert len(packed) == 2 * digests.PAGE + 2
    assert max(map(len, packed)) <= 98, "Discord marks a button that asks with two more"
