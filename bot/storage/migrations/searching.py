"""What searching needs and no table of SQLAlchemy says: triggers, and an index of parts of names.

Migrations call it, so it stays as it is: another way of searching is another file. Whoever makes
`memberships`, `persons`, `person_emails` or `member_texts` anew in a later migration makes their triggers
anew, too.
"""

# ruff: noqa: S608 - nothing that anybody typed is in these statements
from sqlalchemy import Connection

# What SQLite keeps the index of parts in; SQLAlchemy knows none of it. Up to which number rows are in it
# is in one row: to take one in costs as much as all else that is stored of newcomers, so many go in together.
SHADOWS = (
    "member_trigrams",
    "member_trigrams_until",
    *(f"member_trigrams_{kind}" for kind in ("config", "data", "docsize", "idx")),
)
# PostgreSQL's index of parts: only where the server has the extension pg_trgm.
PARTS = "ix_member_texts_parts"

_OF_PERSON = "WHERE membership_id IN (SELECT id FROM memberships WHERE person_id = {person})"
_FIRST_EMAIL = "coalesce((SELECT min(key) FROM person_emails WHERE person_id = {person}), '')"


def _emails(person: str) -> str:
    return (
        f"UPDATE member_texts SET email_key = {_FIRST_EMAIL.format(person=person)} "
        f"{_OF_PERSON.format(person=person)};"
    )


def _names(person: str) -> str:
    return f"UPDATE member_texts SET search_name = NEW.search_name {_OF_PERSON.format(person=person)};"


_ADDED = (
    "INSERT INTO member_texts (membership_id, school_id, search_name, email_key) "
    f"SELECT NEW.id, NEW.school_id, search_name, {_FIRST_EMAIL.format(person='NEW.person_id')} "
    "FROM persons WHERE id = NEW.person_id;"
)
_IN_PARTS = "OLD.number <= (SELECT number FROM member_trigrams_until)"
_INTO_PARTS = (
    "INSERT INTO member_trigrams (rowid, search_name, email_key) "
    "VALUES (NEW.number, NEW.search_name, NEW.email_key);"
)
_OUT_OF_PARTS = (
    "INSERT INTO member_trigrams (member_trigrams, rowid, search_name, email_key) "
    "VALUES ('delete', OLD.number, OLD.search_name, OLD.email_key);"
)
# A trigger's name, what it waits for, and what it does on SQLite.
_ON_SQLITE = (
    ("member_texts_added", "INSERT ON memberships", _ADDED),
    (
        "member_texts_moved",
        "UPDATE OF person_id, school_id ON memberships",
        f"DELETE FROM member_texts WHERE membership_id = NEW.id; {_ADDED}",
    ),
    (
        "member_texts_renamed",
        "UPDATE OF search_name ON persons WHEN OLD.search_name <> NEW.search_name",
        _names("NEW.id"),
    ),
    ("member_texts_addressed", "INSERT ON person_emails", _emails("NEW.person_id")),
    (
        "member_texts_addressed_anew",
        "UPDATE OF key, person_id ON person_emails",
        _emails("OLD.person_id") + _emails("NEW.person_id"),
    ),
    ("member_texts_not_addressed", "DELETE ON person_emails", _emails("OLD.person_id")),
    ("member_trigrams_changed", f"UPDATE ON member_texts WHEN {_IN_PARTS}", _OUT_OF_PARTS + _INTO_PARTS),
    ("member_trigrams_removed", f"DELETE ON member_texts WHEN {_IN_PARTS}", _OUT_OF_PARTS),
)
# Whoever adds a membership holds its person's row, and whoever changes a name or an address has it alone:
# what is copied is what will be, whoever is first.
_HOLD = "PERFORM 1 FROM persons WHERE id = {person} FOR {how};"
_ON_POSTGRESQL = (
    (
        "member_texts_added",
        "INSERT ON memberships",
        _HOLD.format(person="NEW.person_id", how="SHARE") + _ADDED,
    ),
    (
        "member_texts_moved",
        "UPDATE OF person_id, school_id ON memberships",
        _HOLD.format(person="NEW.person_id", how="SHARE")
        + f"DELETE FROM member_texts WHERE membership_id = NEW.id; {_ADDED}",
    ),
    ("member_texts_renamed", "UPDATE OF search_name ON persons", _names("NEW.id")),
    (
        "member_texts_addressed",
        "INSERT OR UPDATE OF key, person_id ON person_emails",
        _HOLD.format(person="NEW.person_id", how="NO KEY UPDATE") + _emails("NEW.person_id"),
    ),
    (
        "member_texts_not_addressed",
        "DELETE OR UPDATE OF key, person_id ON person_emails",
        _HOLD.format(person="OLD.person_id", how="NO KEY UPDATE") + _emails("OLD.person_id"),
    ),
)

# What the triggers call there, by name.
FUNCTIONS = tuple(name for name, _, _ in _ON_POSTGRESQL)


def drawn(name: str | None, _: object, __: object) -> bool:
    """Tell whether Alembic draws a thing of a database: it compares with the tables of SQLAlchemy."""
    return name not in {*SHADOWS, PARTS}


def create(connection: Connection) -> None:
    """Make the triggers and the index of parts."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE member_trigrams USING fts5(search_name, email_key, content='member_texts', "
            "content_rowid='number', tokenize='trigram', detail='none')"
        )
        connection.exec_driver_sql("CREATE TABLE member_trigrams_until (number INTEGER NOT NULL)")
        connection.exec_driver_sql("INSERT INTO member_trigrams_until VALUES (0)")
        for name, when, does in _ON_SQLITE:
            connection.exec_driver_sql(f"CREATE TRIGGER {name} AFTER {when} BEGIN {does} END")
        return
    for name, when, does in _ON_POSTGRESQL:
        connection.exec_driver_sql(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {does} RETURN NULL; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name} AFTER {when} FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    index_parts(connection)


def index_parts(connection: Connection) -> bool:
    """Make PostgreSQL's index of parts; False where its extension cannot be had, and all names are read."""
    there = "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if connection.exec_driver_sql(there).first() is None:
        return False
    # Whoever may not make extensions is refused here, and nowhere else.
    may = (
        "SELECT has_database_privilege(current_database(), 'CREATE') "
        "OR EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm')"
    )
    if not connection.exec_driver_sql(may).scalar_one():
        return False
    connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    connection.exec_driver_sql(
        f"CREATE INDEX IF NOT EXISTS {PARTS} ON member_texts "
        "USING gin (search_name gin_trgm_ops, email_key gin_trgm_ops)"
    )
    return True


def drop(connection: Connection) -> None:
    """Take all that `create` made; SQLite drops triggers with their tables."""
    if connection.dialect.name == "sqlite":
        for name, _, _ in _ON_SQLITE:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("DROP TABLE member_trigrams")
        connection.exec_driver_sql("DROP TABLE member_trigrams_until")
        return
    for name, _, _ in _ON_POSTGRESQL:
        connection.exec_driver_sql(f"DROP FUNCTION {name}() CASCADE")
