"""The metadata, and columns and indexes that many tables share."""

from sqlalchemy import Column, ForeignKey, Index, MetaData, String, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> Column[str]:
    """Return the primary key column of a table: a ULID."""
    return Column("id", String(26), primary_key=True)


def reference(target: str, name: str, *, nullable: bool = False, index: bool = False) -> Column[str]:
    """Return a foreign key column that refers to the id of another table."""
    return Column(name, String(26), ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows for which a condition holds, on both databases.

    `tell_postgresql` passes the condition on to PostgreSQL: an argument such as `postgresql_where` would load
    that dialect at each start.
    """
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={"where": where})


def reference_index(table: str, name: str) -> Index:
    """Return an index of a foreign key column that is often empty.

    Whenever a row is deleted, the databases look for rows that refer to it; without an index they read all.
    """
    return partial_index(f"ix_{table}_{name}", name, where=f"{name} IS NOT NULL")


def tell_postgresql() -> None:
    """Tell PostgreSQL's dialect which indexes are partial, so that migrations can be generated."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if where := index.info.get("where"):
                index.dialect_options["postgresql"]["where"] = text(where)


def search_name(*, index: bool = False) -> Column[str]:
    """Return the column by which names are searched and sorted, byte by byte on both databases.

    It holds the casefolded name; for people, what `bot.core.name_matching` makes of their name.
    """
    alike = Text().with_variant(Text(collation="C"), "postgresql")
    return Column("search_name", alike, nullable=False, index=index)
