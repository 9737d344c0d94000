"""Undoing Slack's escaping of a typed line."""

import pytest

from bot.platforms.slack.parsing import text_as_typed
from tests.platforms.slack.small import REGISTRY


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("show echo a &amp; b &lt;c&gt;", "show echo a & b <c>"),
        ("show echo &amp;lt;", "show echo &lt;"),
        ("show echo <@U1|ann> <@U2> <@U3|>", "show echo @ann @U2 @U3"),
        ("show echo <#C1|general> <#C2|> <#C3>", "show echo #general #C2 #C3"),
        ("show echo <!here> <!channel|@channel> <!subteam^S1|@staff>", "show echo @here @channel @staff"),
        ("show echo <!date^1^{date}|then>", "show echo @then"),
        ("show echo <http://a.example|a.example>", "show echo a.example"),
        ("show echo <https://a.example/?x=1&amp;y=2>", "show echo https://a.example/?x=1&y=2"),
        ("show echo <https://evil.example|https://good.example>", "show echo https://evil.example"),
        ("show echo <mailto:a@b.example|a@b.example>", "show echo a@b.example"),
        ("show echo text:<https://a.example|a.example>", "show echo text:a.example"),
        ("show order channel:<#C123|general>", "show order channel:C123"),
        ("show order channel=<#C123|general> amount:2", "show order channel=C123 amount:2"),
        ("SHOW Order Channel:<#C123>", "SHOW Order Channel:C123"),
        ('show order note:"see <#C123|general>"', 'show order note:"see #general"'),
        ("show order note:<#C123|general>", "show order note:#general"),
        ("no such <#C123|general>", "no such #general"),
        ("show echo a < b > c <>", "show echo a < b > c "),
        ("show echo :tada: hi", "show echo 🎉 hi"),
        ("show echo text::tada::+1::skin-tone-4: hi", "show echo text:🎉👍🏽 hi"),
        ('show echo text:":wave:hello :our_mascot:"', 'show echo text:"👋hello :our_mascot:"'),
        (
            "show echo 10:30:45 3:b:c <https://a.example/:x:/y>",
            "show echo 10:30:45 3:b:c https://a.example/:x:/y",
        ),
        ("", ""),
    ],
)
def test_slacks_marks_become_what_was_typed(sent: str, meant: str) -> None:
    assert text_as_typed(sent, REGISTRY) == meant
