"""Message templates: texts that a school stores for messages to its people."""

from datetime import datetime

from bot.core import audit
from bot.core.errors import BadValue, NotFound, NothingToChange
from bot.core.ids import new_id
from bot.core.messages import texts as message_texts
from bot.core.people import members
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass, replace

# How many templates a school may store.
MOST = 200


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A stored subject and text with tags, under a name."""

    id: str
    school_id: str
    name: str
    title: str
    text: str
    created_by: str
    created_at: datetime

    @property
    def subject(self) -> str:
        """The template's name in the audit log."""
        return f"message_template:{self.id}"


def find(uow: UnitOfWork, school: School, typed: str) -> MessageTemplate:
    """Find a school's template by name or id."""
    wanted = " ".join(typed.split())
    found = uow.templates.by_name(school.id, wanted) or uow.templates.by_id(school.id, wanted.casefold())
    if found is None:
        raise NotFound("template")
    return found


def save(
    uow: UnitOfWork, actor: Actor, school: School, *, name: str, title: str, text: str
) -> MessageTemplate:
    """Store a new template."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.MESSAGE_SEND, school)
    name = _read(name, title, text)
    if uow.templates.count(school.id) >= MOST:
        raise BadValue("name", f"is one too many: a school keeps {MOST} at most")
    by = members.enrol(uow, actor)
    made = MessageTemplate(new_id(uow.now), school.id, name, title, text, by.id, uow.now)
    if not uow.templates.add(made):
        raise BadValue("name", f"is taken: there is a template “{name}”")
    audit.record(uow, actor, "template.saved", made.subject, school_id=school.id, by=by.id)
    return made


def edit(
    uow: UnitOfWork,
    actor: Actor,
    school: School,
    before: MessageTemplate,
    *,
    name: str,
    title: str,
    text: str,
) -> MessageTemplate:
    """Change a template; empty values leave what it has."""
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.MESSAGE_SEND, school)
    current = uow.templates.by_id(school.id, before.id)
    if current is None:
        raise NotFound("template")
    after = replace(
        current, name=name or current.name, title=title or current.title, text=text or current.text
    )
    after = replace(after, name=_read(after.name, after.title, after.text))
    if after == current:
        raise NothingToChange("as you want it")
    if not uow.templates.save(after):
        raise BadValue("name", f"is taken: there is a template “{after.name}”")
    changed = [one for one in ("name", "title", "text") if getattr(current, one) != getattr(after, one)]
    audit.record(
        uow, actor, "template.edited", after.subject, school_id=school.id, new={"changed": sorted(changed)}
    )
    return after


def delete(uow: UnitOfWork, actor: Actor, school: School, template: MessageTemplate) -> None:
    """Delete a template; messages that were made from it stay."""
    access.require(uow, actor, Permission.MESSAGE_SEND, school)
    if not uow.templates.drop(school.id, template.id):
        raise NotFound("template")
    audit.record(uow, actor, "template.deleted", template.subject, school_id=school.id)


def _read(name: str, title: str, text: str) -> str:
    message_texts.refuse_unknown("subject", title)
    message_texts.refuse_unknown("text", text)
    return " ".join(name.split())
