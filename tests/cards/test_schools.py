"""What a school's cards say about its platforms."""

import pytest

from bot.cards.schools.schools import approvals_set
from bot.core.rights.actors import Platform
from bot.core.schools.schools import School
from bot.platforms.slack.rendering.render import words
from tests.world import START


@pytest.mark.parametrize(
    ("platform", "needed"),
    [(Platform.SLACK, "/invite @Homeroom"), (Platform.DISCORD, "send messages there"), (Platform.WEB, "")],
)
def test_an_approvals_channel_says_what_it_needs_of_us(platform: Platform, needed: str) -> None:
    said = words(approvals_set(School("maple", "Maple Grove", START), platform))
    assert said.startswith("✅ Approvals channel of Maple Grove set\nNew requests to join will arrive there")
    assert "Everyone who reads that channel sees who asks:" in said
    assert "Only they can read the answers." in said
    assert needed in said
    assert ("I need to be" in said) is bool(needed)
