"""How messages that did not arrive are listed: what they were, and why they did not."""

import pytest

from bot.cards.notices.undelivered import of_school
from bot.core.notices.dead_letters import Undelivered
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.notices.outbox_ports import DeadLetter
from bot.core.rights.actors import Platform
from bot.core.schools.schools import School
from bot.platforms.slack.rendering.render import words
from tests.world import START

MAPLE = School("maple", "Maple Grove", START)


def said(error: str, subject: str = "join_request:1") -> str:
    notice = Notice(
        "1",
        "",
        subject,
        Audience.APPROVER,
        Destination(Platform.SLACK, workspace="T1", account="T1/U1"),
        START,
    )
    return words(of_school(MAPLE, [Undelivered(DeadLetter(notice, START, error), "Ada", MAPLE)]))


@pytest.mark.parametrize(
    ("error", "means"),
    [
        ("Discord answered 403 (code 50007)", "They accept no direct messages from me"),
        ("Discord answered 403 (code 50278)", "They are no longer where I could write to them"),
        ("Discord answered 403 (code 50013)", "I may not write there"),
        ("Slack did not take it: is_archived", "That channel is no longer there"),
        ("Slack did not take it: not_in_channel", "I may not write there"),
        ("Slack did not take it: not_installed", "I was removed from that workspace"),
    ],
)
def test_what_a_platform_answered_is_said_in_words(error: str, means: str) -> None:
    assert means in said(error)
    assert error in said(error)


@pytest.mark.parametrize("error", ["Discord answered 400 (code 50035)", "Discord is not connected"])
def test_what_is_not_known_is_said_as_it_came(error: str) -> None:
    assert f"Why not: {error}" in said(error)


def test_a_digest_is_called_one() -> None:
    assert "Digest, Ada" in said("Discord is not connected", "digest:1")
    assert "Join request to decide, Ada" in said("Discord is not connected")
