"""Tells of what fails again and again without filling the disk: a database may be away for a night."""

import logging


class FailureLog:
    """Something that is tried again and again: its first failure is told in full, then ever more seldom."""

    def __init__(self, what: str, log: logging.Logger) -> None:
        """Begin the sentence that goes on with “failed”."""
        self._what = what
        self._log = log
        self._how: type[BaseException] | None = None
        self._times = 0

    def failed(self, broken: BaseException) -> None:
        """Tell of a failure; of those that go on in the same way each time when they are twice as many."""
        if type(broken) is not self._how:
            self._how, self._times = type(broken), 0
        self._times += 1
        if self._times == 1:
            self._log.error("%s failed", self._what, exc_info=broken)
        elif not self._times & (self._times - 1):  # a power of two
            self._log.error("%s failed %d times: %s", self._what, self._times, type(broken).__name__)

    def went_well(self) -> None:
        """Note that it goes on; tell so where many failures were left out."""
        if self._times > 1:
            self._log.info("%s failed %d times, and goes on", self._what, self._times)
        self._how, self._times = None, 0
