"""What a command of the console says when it could not go on."""

import errno

from bot.console.failures import failure_reason
from bot.storage.addresses import Unusable


def test_a_file_that_one_may_not_touch_is_named_and_whose_it_is() -> None:
    refused = PermissionError(errno.EACCES, "Permission denied", "/var/lib/homeroom/homeroom.db")
    said = failure_reason(refused)
    assert said.startswith("/var/lib/homeroom/homeroom.db: Permission denied. ")
    assert "the user that Homeroom runs as" in said
    within = Unusable("the database cannot be used")
    within.__cause__ = refused
    assert "the user that Homeroom runs as" in failure_reason(within)


def test_any_other_trouble_is_said_as_it_is() -> None:
    assert failure_reason(OSError(errno.ENOSPC, "No space left on device", "x.backup")) == (
        "x.backup: No space left on device"
    )
    assert failure_reason(ValueError("it is in use")) == "it is in use"
