"""What a command says that could not go on."""

import errno

from bot.console.ended import told
from bot.storage.addresses import Unusable


def test_a_file_that_one_may_not_touch_is_named_and_whose_it_is() -> None:
    refused = PermissionError(errno.EACCES, "Permission denied", "/var/lib/homeroom/homeroom.db")
    said = told(refused)
    assert said.startswith("/var/lib/homeroom/homeroom.db: Permission denied. ")
    assert "the user that Homeroom runs as" in said
    within = Unusable("the database cannot be used")
    within.__cause__ = refused
    assert "the user that Homeroom runs as" in told(within)


def test_any_other_trouble_is_said_as_it_is() -> None:
    assert told(OSError(errno.ENOSPC, "No space left on device", "x.backup")) == (
        "x.backup: No space left on device"
    )
    assert told(ValueError("it is in use")) == "it is in use"
