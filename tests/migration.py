"""Generates a migration from changes of the tables: python -m tests.migration "A column for …".

Without a description, the first migration is generated again: right until a tagged version contains it.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from sqlalchemy import create_engine

from bot.storage import migrate

FIRST = "The first tables"


def draw(versions: Path, says: str = "") -> Path:
    """Write the next migration into a folder, or the first one again if nothing is said; return the file."""
    number = int(migrate.head()) + 1 if says else 1
    if not says:
        for file in versions.glob("0001_*.py"):
            file.unlink()
    with TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/drawn.db")
        with engine.connect() as connection:
            config = migrate.alembic_config(connection, versions)
            if says:
                command.upgrade(config, "head")
            command.revision(config, says or FIRST, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()
    (drawn,) = versions.glob(f"{number:04}_*.py")
    _in_our_form(drawn)
    return drawn


def _in_our_form(file: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    subprocess.run([ruff, "format", "--quiet", file], check=True)


if __name__ == "__main__":
    drawn = draw(migrate.VERSIONS, " ".join(sys.argv[1:]))
    sys.stdout.write(f"{drawn.name}\n")
