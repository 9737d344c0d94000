"""A migration that does not exist yet: it adds a column, which it fills from existing data."""

import shutil
from pathlib import Path

from bot.storage import migrate

_NEXT = '''"""A motto for every school."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade() -> None:
    with op.batch_alter_table("schools") as schools:
        schools.add_column(sa.Column("motto", sa.Text))
    op.execute("UPDATE schools SET motto = 'Welcome to ' || name")
    with op.batch_alter_table("schools") as schools:
        schools.alter_column("motto", existing_type=sa.Text, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("schools") as schools:
        schools.drop_column("motto")
'''


def next_version(folder: Path) -> Path:
    """Copy all migrations to a folder, and add one more; return the folder."""
    shutil.copytree(migrate.VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "0002_a_motto.py").write_text(_NEXT)
    return folder
