"""Names this process so that another on the same machine can tell that it has ended."""

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STARTED = 18  # where the start stands among the fields of /proc/<pid>/stat that follow name and state


def own() -> str:
    """Name this process: where its number means what it says, the number, and when it began; else nothing."""
    began = _began(os.getpid())
    where = _where()
    return f"{where} {os.getpid()} {began}" if where and began else ""


def has_ended(name: str) -> bool:
    """Tell whether a process is known to have ended. Of one that ran elsewhere nothing is known."""
    where, _, one = name.rpartition(" ")[0].rpartition(" ")
    if not one.isdecimal() or not where or where != _where():
        return False
    began = _began(int(one))
    return began is not None and began != name.rpartition(" ")[2]


def _where() -> str:
    """Name the machine since it was started, and the numbers that hold in its container."""
    try:
        boot, numbers = _BOOT.read_text().strip(), Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""  # no Linux
    return f"{socket.gethostname()} {boot} {numbers}".replace("\n", "")


def _began(number: int) -> str | None:
    """Tell when a process began, in the machine's own time; empty where there is none, or only its corpse.

    None where that is hidden from us, as systemd's `ProtectProc=` does with those of other users.
    """
    try:
        state, *fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if _is_there(number) else ""
    return "" if state in {"Z", "X"} else fields[_STARTED]


def _is_there(number: int) -> bool:
    """Tell whether a process has that number, by a signal that does nothing."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True
