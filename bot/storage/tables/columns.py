"""The metadata, and the columns that many tables have."""

from sqlalchemy import Column, ForeignKey, MetaData, String, Text

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


def search_name(*, index: bool = False) -> Column[str]:
    """Make the column by which names are searched and sorted: casefolded by us, compared alike everywhere."""
    alike = Text().with_variant(Text(collation="C"), "postgresql")
    return Column("search_name", alike, nullable=False, index=index)
