"""How far apart direct messages are sent when one announcement goes to many people.

Discord treats an app that opens direct messages as fast as it can as a spammer, and then lets it write to
nobody new. Slack allows fifty to be opened a minute, and then holds up everything for that workspace. So
after the first few that are under way, each message is sent a fixed time after the one before it.
"""

from datetime import timedelta

from bot.core.rights.actors import Platform

AT_ONCE = 10
_APART = {Platform.DISCORD: timedelta(seconds=3), Platform.SLACK: timedelta(seconds=1.25)}


def delay(platform: Platform, position: int) -> timedelta:
    """Return how long a recipient waits for a direct message, by their position in the queue.

    Positions count from 1; position 0 is for a message to one person alone.
    """
    apart = _APART.get(platform, timedelta(0))
    return apart * max(position - AT_ONCE, 0)
