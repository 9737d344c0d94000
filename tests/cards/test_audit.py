"""How the audit log is shown."""

import pytest

from bot.cards import audit as cards
from bot.chat.replies import Reply
from bot.core.audit import CLOCK, ONEROSTER, SCIM, AuditEntry
from tests.core.door import heard
from tests.world import START


@pytest.mark.parametrize(
    ("front", "named"),
    [
        ("discord", "Discord"),
        ("slack", "Slack"),
        ("web", "Web"),
        ("email", "E-mail"),
        ("google", "Google"),
        ("console", "Console"),
        (CLOCK, "Clock"),
        (SCIM, "SCIM"),
        (ONEROSTER, "OneRoster"),
    ],
)
def test_the_log_names_the_front_as_all_cards_do(front: str, named: str) -> None:
    entry = AuditEntry("1", START, None, None, front, "school.edited", "school:1")
    told = heard(Reply(cards.listed([entry], cards.Names({}, {}), None, {}, more=False)))
    assert named in told
    assert front == named or front not in told
