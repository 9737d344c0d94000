"""Logs repeated failures without filling the disk: a database may be down for a whole night."""

import logging

from bot.core.ports import FileLost


class FailureLog:
    """Logs the failures of one repeated action: the first one in full, then ever fewer of them."""

    def __init__(self, what: str, log: logging.Logger) -> None:
        """Take the subject of the log lines, which go on with “failed”."""
        self._what = what
        self._log = log
        self._how: type[BaseException] | None = None
        self._times = 0

    def failed(self, broken: BaseException) -> None:
        """Log the first failure with an exception type, and then whenever their number has doubled.

        That the database's file is lost is not logged here: `FileWatch` says so for all that fails then.
        """
        if isinstance(broken, FileLost):
            return
        if type(broken) is not self._how:
            self._how, self._times = type(broken), 0
        self._times += 1
        if self._times == 1:
            self._log.error("%s failed", self._what, exc_info=broken)
        elif not self._times & (self._times - 1):  # a power of two
            self._log.error("%s failed %d times: %s", self._what, self._times, type(broken).__name__)

    def went_well(self) -> None:
        """Begin to count anew after a success; log it if some failures were left out of the log."""
        if self._times > 1:
            self._log.info("%s failed %d times, and works again", self._what, self._times)
        self._how, self._times = None, 0
