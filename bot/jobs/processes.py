"""Names for processes, by which another process on the same machine can tell that one has ended."""

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STARTED = 18  # the index of the start time in /proc/<pid>/stat, counted after the name and the state


def own() -> str:
    """Return this process's name: machine, pid and start time; empty if the system does not tell them."""
    began = _began(os.getpid())
    where = _where()
    return f"{where} {os.getpid()} {began}" if where and began else ""


def has_ended(name: str) -> bool:
    """Tell whether a process is known to have ended; False for a process of another machine or container."""
    where, _, one = name.rpartition(" ")[0].rpartition(" ")
    if not one.isdecimal() or not where or where != _where():
        return False
    began = _began(int(one))
    return began is not None and began != name.rpartition(" ")[2]


def _where() -> str:
    """Return the host, its boot and the pid namespace, within which pids are unique; empty if unknown."""
    try:
        boot, numbers = _BOOT.read_text().strip(), Path("/proc/self/ns/pid").readlink()
    except OSError:
        return ""  # not Linux
    return f"{socket.gethostname()} {boot} {numbers}".replace("\n", "")


def _began(number: int) -> str | None:
    """Return when a process started, in clock ticks since the boot; empty if it has ended or is a zombie.

    None if that is hidden, as systemd's `ProtectProc=` hides the processes of other users.
    """
    try:
        state, *fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if _is_there(number) else ""
    return "" if state in {"Z", "X"} else fields[_STARTED]


def _is_there(number: int) -> bool:
    """Tell whether a process has that pid, by sending it signal 0, which does nothing."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it exists, but belongs to another user
    return True
