"""A small disk that a test can fill up."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(owner: int, megabytes: int = 64) -> Iterator[Path]:
    """Mount a small disk owned by a user id; skip the test if this machine does not allow mounts."""
    folder = Path(tempfile.mkdtemp(prefix="homeroom-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755,uid={owner}", "tmpfs", str(folder)]
    try:
        try:
            mounted = not subprocess.run(mount, capture_output=True, check=False).returncode
        except OSError:
            mounted = False
        if not mounted:
            pytest.skip("this machine mounts no disk for tests")
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    finally:
        folder.rmdir()
