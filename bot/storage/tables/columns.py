"""The metadata, and the columns that many tables have."""

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
    """Make the column of a row's own id."""
    return Column("id", String(26), primary_key=True)


def to(target: str, name: str, *, nullable: bool = False, index: bool = False) -> Column[str]:
    """Make a column that refers to a row of another table."""
    return Column(name, String(26), ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Index those rows of which something holds, on both databases.

    PostgreSQL is told by `tell_postgresql`: its name in an argument would load its dialect at each start.
    """
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={"where": where})


def referring(table: str, name: str) -> Index:
    """Index a column that refers to other rows and is often empty.

    Whoever deletes one of those makes the databases look whether any row refers to it, once for each.
    """
    return partial_index(f"ix_{table}_{name}", name, where=f"{name} IS NOT NULL")


def tell_postgresql() -> None:
    """Tell PostgreSQL's dialect which indexes are partial, to draw a migration."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if where := index.info.get("where"):
                index.dialect_options["postgresql"]["where"] = text(where)


def search_name(*, index: bool = False) -> Column[str]:
    """Make the column by which names are searched and sorted, compared alike everywhere.

    What is in it is casefolded by us; of people it is what `bot.core.name_matching` makes of their names.
    """
    alike = Text().with_variant(Text(collation="C"), "postgresql")
    return Column("search_name", alike, nullable=False, index=index)
