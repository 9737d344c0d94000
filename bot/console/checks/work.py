"""Checks of the background work of all replicas: sweeps and messages."""

from datetime import timedelta

from bot.console.checks.findings import Area, Finding
from bot.console.database import moment
from bot.core.condition import Condition

_SWEEPS, _MESSAGES = Area("sweeps"), Area("messages")
# How old the latest run of any sweep may be, and how long a message may be due.
_NO_SWEEP_FOR = timedelta(minutes=10)
_DUE_FOR = timedelta(minutes=15)


def check(condition: Condition) -> list[Finding]:
    """Check the last runs of the sweeps, and the messages that wait."""
    return [*_sweeps(condition), *_messages(condition)]


def _sweeps(condition: Condition) -> list[Finding]:
    if not condition.jobs:
        return [_SWEEPS.note("Homeroom has never run on this database.", "Type: homeroom run")]
    found = [
        _SWEEPS.wrong(
            f"The sweep of {job.name} has failed {job.failures} times: {job.error}.",
            "Look into the log of `homeroom run` for its words; it is tried again by itself.",
        )
        for job in condition.jobs
        if job.failures
    ]
    last = max(job.ran_at for job in condition.jobs)
    if condition.at - last > _NO_SWEEP_FOR:
        return [
            *found,
            _SWEEPS.note(f"Homeroom does not run: its last sweep was at {moment(last)}.", "Start it."),
        ]
    if stuck := sum(condition.stuck.values()):
        told = f"{stuck} things break again and again, and are put off."
        found.append(_SWEEPS.note(told, "See them with: homeroom status; their words are in the log."))
    return found or [_SWEEPS.fine(f"All {len(condition.jobs)} run well; the last one at {moment(last)}.")]


def _messages(condition: Condition) -> list[Finding]:
    outbox = condition.outbox
    found = []
    if condition.behind > _DUE_FOR:
        found.append(
            _MESSAGES.wrong(
                f"{outbox.due} messages are due, the oldest for {condition.behind.total_seconds() / 60:.0f} "
                "minutes.",
                "Mend what is wrong above with Discord, Slack or mail, and see to it that Homeroom runs.",
            )
        )
    if outbox.dead:
        found.append(
            _MESSAGES.note(f"{outbox.dead} messages were given up.", "See them with: homeroom outbox list")
        )
    return found or [_MESSAGES.fine(f"{outbox.waiting} wait, and none is late.")]
