"""Message templates: texts that schools keep for their broadcasts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from bot.core.messages.templates import MessageTemplate
from bot.core.values import dataclass
from bot.storage.statements import Row, changed, contains, insert_new, like
from bot.storage.tables import message_templates

_T = message_templates.c


def _read(row: Row) -> MessageTemplate:
    return MessageTemplate(
        row.id, row.school_id, row.name, row.title, row.text, row.created_by, row.created_at
    )


@dataclass(frozen=True, slots=True)
class SqlMessageTemplates:
    """Message templates in the database."""

    connection: Connection

    def add(self, template: MessageTemplate) -> bool:
        """Add a template; False if the school already has one of that name."""
        row = {
            "id": template.id,
            "school_id": template.school_id,
            "name": template.name,
            "search_name": template.name.casefold(),
            "title": template.title,
            "text": template.text,
            "created_by": template.created_by,
            "created_at": template.created_at,
        }
        return insert_new(self.connection, message_templates, row)

    def save(self, template: MessageTemplate) -> bool:
        """Store a template; False if the school has another of that name. The school is locked."""
        other = message_templates.alias("other")
        taken = exists().where(
            other.c.school_id == template.school_id,
            other.c.search_name == template.name.casefold(),
            other.c.id != template.id,
        )
        mine = and_(_T.id == template.id, _T.school_id == template.school_id, ~taken)
        values: dict[str, Any] = {"name": template.name, "search_name": template.name.casefold()}
        values |= {"title": template.title, "text": template.text}
        return changed(self.connection, update(message_templates).where(mine).values(**values))

    def by_id(self, school_id: str, template_id: str) -> MessageTemplate | None:
        """Return a template of a school."""
        return self._one(_T.school_id == school_id, _T.id == template_id)

    def by_name(self, school_id: str, name: str) -> MessageTemplate | None:
        """Return a school's template of a name, without regard to case."""
        return self._one(_T.school_id == school_id, _T.search_name == name.casefold())

    def _one(self, *which: Any) -> MessageTemplate | None:
        row = self.connection.execute(select(message_templates).where(*which)).one_or_none()
        return _read(row) if row else None

    def of_school(self, school_id: str, *, search: str, after: str, limit: int) -> Sequence[MessageTemplate]:
        """List a school's templates by name, after the name `after`, if the name contains `search`."""
        which = [_T.school_id == school_id, _T.search_name > after.casefold()]
        if search:
            which.append(like(_T.search_name, contains(search.casefold())))
        query = select(message_templates).where(*which).order_by(_T.search_name).limit(limit)
        return [_read(row) for row in self.connection.execute(query)]

    def count(self, school_id: str) -> int:
        """Count a school's templates."""
        query = select(func.count()).select_from(message_templates).where(_T.school_id == school_id)
        return self.connection.execute(query).scalar_one()

    def drop(self, school_id: str, template_id: str) -> bool:
        """Delete a template; False if it is gone already."""
        mine = (_T.school_id == school_id, _T.id == template_id)
        return changed(self.connection, delete(message_templates).where(*mine))
