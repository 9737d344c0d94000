"""The checks of `homeroom check`: everything an installation depends on, and how to mend what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bot.console.checks import clock as clocks
from bot.console.checks import database, discord, mail, settings, sign_in, slack, slack_installations, work
from bot.console.checks.findings import Area, Finding, State
from bot.core.ports import Clock
from bot.settings import Settings
from bot.storage.probe import Probe

# How many seconds one area may take, so that the operator who waits learns which one hangs.
WITHIN = 20.0
# The areas that are reached through a proxy if the environment names one.
_BY_PROXY = ("sign-in", "discord", "slack", "clock")


async def look(given: Settings, clock: Clock, *, within: float = WITHIN) -> list[Finding]:
    """Run all checks and return their findings; an area that takes longer than `within` is a finding, too."""
    vault, key = settings.key(given)
    blocked = settings.proxies()
    found = [*settings.check(given), *blocked, *key]
    try:
        async with asyncio.timeout(within):
            probed, told = await database.check(given, vault, clock)
    except TimeoutError:
        probed, told = None, [_late("database", within)]
    if probed:
        found += settings.administrators(given, claimed=probed.claimed)
    # A key that cannot be read is told of once, and not as one that is missing too.
    unread = vault is None and any(one.state is State.WRONG for one in key)
    found += [one for one in told if not (unread and one.area == key[0].area)]
    linked = probed.linked if probed else ()
    if probed is None:
        found.append(
            Area("channels").skipped("The database cannot be read, so the linked workspaces are not known.")
        )
    if probed and probed.condition:
        found += work.check(probed.condition)
    areas: dict[str, Callable[[], Awaitable[Sequence[Finding]]]] = {
        "mail": lambda: mail.check(given),
        "sign-in": lambda: sign_in.check(given),
        "discord": lambda: discord.check(given, linked, probed.following if probed else ()),
        "slack": lambda: _slack(given, probed, clock),
        "clock": lambda: clocks.check(given, clock, probed.ahead if probed else None),
    }
    if blocked:
        for name in _BY_PROXY:
            areas.pop(name)
            found.append(Area(name).skipped("The proxy in the environment cannot be used."))
    answers = await asyncio.gather(*(_in_time(name, one(), within) for name, one in areas.items()))
    return [*found, *(one for answer in answers for one in answer)]


def _slack(given: Settings, probed: Probe | None, clock: Clock) -> Awaitable[list[Finding]]:
    if not given.slack.client_id:
        return slack.check(given, probed.linked if probed else ())
    return slack_installations.check(given, probed, clock.now())


async def _in_time(name: str, checking: Awaitable[Sequence[Finding]], within: float) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(within):
            return await checking
    except TimeoutError:
        return [_late(name, within)]
    except Exception as broken:  # noqa: BLE001 - whatever a library makes of a setting, the other areas are told of
        return [
            Area(name).wrong(
                f"This could not be checked: {type(broken).__name__}.",
                f"Look for line breaks in the settings of {name}; if there are none, please report this.",
            )
        ]


def _late(name: str, within: float) -> Finding:
    return Area(name).wrong(
        f"No answer within {within:.0f} seconds.",
        "Check that no firewall drops what this machine sends there, and try again.",
    )
