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
        return [_SWEEPS.note("Homeroom has never run on this database.", "Run: homeroom run")]
    found = [
        _SWEEPS.wrong(
            f"The sweep of {job.name} has failed ({job.failures} in a row): {job.error}.",
            "The details are in the log of `homeroom run`; the sweep is retried automatically.",
        )
        for job in condition.jobs
        if job.failures
    ]
    last = max(job.ran_at for job in condition.jobs)
    if condition.at - last > _NO_SWEEP_FOR:
        return [
            *found,
            _SWEEPS.note(f"Homeroom is not running: its last sweep was at {moment(last)}.", "Start it."),
        ]
    if stuck := sum(condition.stuck.values()):
        told = f"{stuck} pieces of work keep failing, and are retried later."
        found.append(_SWEEPS.note(told, "`homeroom status` lists them; the log has the details."))
    return found or [
        _SWEEPS.fine(f"All {len(condition.jobs)} sweeps work; the last one ran at {moment(last)}.")
    ]


def _messages(condition: Condition) -> list[Finding]:
    outbox = condition.outbox
    found = []
    if condition.behind > _DUE_FOR:
        found.append(
            _MESSAGES.wrong(
                f"{outbox.due} messages are due, the oldest for {condition.behind.total_seconds() / 60:.0f} "
                "minutes.",
                "Fix what is wrong above with Discord, Slack or mail, and check that Homeroom is running.",
            )
        )
    if outbox.dead:
        found.append(
            _MESSAGES.note(
                f"{outbox.dead} messages could not be delivered.", "`homeroom outbox list` lists them."
            )
        )
    return found or [_MESSAGES.fine(f"{outbox.waiting} messages wait, and none is late.")]
