"""A failure that lasts all night fills a few lines of the log, and hides no new one."""

import logging

import pytest

from bot.core.ports import FileLost
from bot.jobs.failure_log import FailureLog

_LOG = logging.getLogger("bot.tests")


def _told(caplog: pytest.LogCaptureFixture) -> list[str]:
    told = [one.getMessage() + (" in full" if one.exc_info else "") for one in caplog.records]
    caplog.clear()
    return told


def test_a_night_without_a_database_is_a_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.tests")
    one = FailureLog("A round", _LOG)
    for _ in range(36_000):
        one.failed(OSError("gone"))
    told = _told(caplog)
    assert told[:3] == [
        "A round failed in full",
        "A round failed 2 times: OSError",
        "A round failed 4 times: OSError",
    ]
    assert len(told) == 16
    one.went_well()
    one.went_well()
    assert _told(caplog) == ["A round failed 36000 times, and works again"]


def test_what_fails_in_another_way_or_again_is_told_in_full(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot.tests")
    one = FailureLog("A round", _LOG)
    for broken in (OSError(), OSError(), ValueError(), OSError()):
        one.failed(broken)
    assert _told(caplog) == [
        *("A round failed in full", "A round failed 2 times: OSError"),
        *("A round failed in full", "A round failed in full"),
    ]
    one.went_well()
    one.failed(OSError())
    assert _told(caplog) == ["A round failed in full"]


def test_that_the_file_is_lost_is_told_by_whoever_watches_it(caplog: pytest.LogCaptureFixture) -> None:
    one = FailureLog("A round", _LOG)
    one.failed(FileLost("homeroom.db was deleted or moved"))
    assert not _told(caplog)
