"""How far apart direct messages go out that are for many.

An app that opens direct messages as fast as it can is spam to Discord, which then lets it write to nobody
new; Slack lets fifty be opened a minute, and then makes all that is for the workspace wait. So beyond the
first few of those under way each goes out so long after the one before it.
"""

from datetime import timedelta

from bot.core.actors import Platform

AT_ONCE = 10
_APART = {Platform.DISCORD: timedelta(seconds=3), Platform.SLACK: timedelta(seconds=1.25)}


def late(platform: Platform, turn: int) -> timedelta:
    """Tell how long whoever's turn it is waits, counted from 1; 0 is for who is told alone."""
    apart = _APART.get(platform, timedelta(0))
    return apart * max(turn - AT_ONCE, 0)
