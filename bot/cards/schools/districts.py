"""Cards about districts."""

from collections.abc import Sequence

from bot.cards.common import fields, next_page
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Item, Select, Style, Table, Text, Tone
from bot.chat.text import Line, say, verbatim
from bot.core.rights.actors import Person
from bot.core.schools.districts import District, DistrictRole
from bot.core.schools.schools import School


def shown(
    district: District,
    holders: Sequence[DistrictRole],
    schools: Sequence[School],
    *,
    more: bool,
    archived: Sequence[Block],
    may_manage: bool,
    title: Line | None = None,
) -> Card:
    """Show a district: who has a role over it, and the first page of its schools."""
    blocks: list[Block] = [
        fields((say("Status"), say("Archived") if district.archived_at else say("In use")))
    ]
    if holders:
        rows = tuple((verbatim(one.person.name), verbatim(one.role)) for one in holders)
        blocks.append(Table((say("Person"), say("Role over the district")), rows))
    blocks += _schools(district, schools, more=more, archived=archived)
    if may_manage:
        blocks.append(_buttons(district))
    tone = Tone.GOOD if title else Tone.NEUTRAL
    return Card(title or verbatim(district.name), tuple(blocks), tone=tone)


def archived_schools(schools: Sequence[School], *, restore: str, more: bool) -> list[Block]:
    """Name a district's archived schools, and the command that opens one again; nothing if there are none."""
    if not schools:
        return []
    names = ", ".join(one.name for one in schools) + (", …" if more else "")
    return [
        fields((say("Archived schools"), verbatim(names))),
        Text(say("`{restore}` opens one again.", restore=restore), quiet=True),
    ]


def _schools(
    district: District, schools: Sequence[School], *, more: bool, archived: Sequence[Block] = ()
) -> list[Block]:
    if not schools:
        none = say("There are no open schools in it.") if archived else say("There are no schools in it.")
        return [Text(none), *archived]
    blocks: list[Block] = [Table((say("School"),), tuple((verbatim(one.name),) for one in schools))]
    if more:
        page = Action("district schools", {"district": district.id, "after": schools[-1].id})
        blocks.append(next_page(say("More schools"), page))
    return [*blocks, *archived]


def schools_page(district: District, schools: Sequence[School], *, more: bool) -> Card:
    """Show a further page of a district's schools."""
    title = say("Schools of {district}", district=district.name)
    return Card(title, tuple(_schools(district, schools, more=more)))


def _buttons(district: District) -> Actions:
    values = {"district": district.id}
    if district.archived_at is not None:
        return Actions((Button(say("Restore"), Action("district restore", values)),))
    confirm = Confirm(
        say("Archive this district?"), say("It must not have any schools left."), say("Archive")
    )
    return Actions(
        (
            Button(say("Make a school"), Action("school create", values, ask=True), Style.PRIMARY),
            Button(say("Give a role"), Action("district grant", values, ask=True)),
            Button(say("Rename"), Action("district edit", values, ask=True)),
            Button(say("Archive"), Action("district archive", values), Style.DANGER, confirm),
        )
    )


def saved(district: District) -> Line:
    """Return a title that confirms a change of a district."""
    return say("{district}: saved", district=district.name)


def created(district: District) -> Line:
    """Return a title that confirms a new district."""
    return say("{district} is ready", district=district.name)


def listed(found: Sequence[District], search: str, *, more: bool) -> Card:
    """List districts by name, with a menu that opens one."""
    if not found:
        return Card(say("Districts"), (Text(say("You have no role in a district of that name.")),))
    rows = tuple((verbatim(one.name),) for one in found)
    items = tuple(Item(one.id, verbatim(one.name)) for one in found)
    blocks: list[Block] = [
        Table((say("District"),), rows),
        Select(say("Open a district"), Action("district show"), "district", items, each=say("Open")),
    ]
    if more:
        wanted = {"search": search} if search else {}
        blocks.append(next_page(say("More"), Action("district more", {"after": found[-1].id, **wanted})))
    return Card(say("Districts"), tuple(blocks))


def granted(person: Person, role: str, district: District) -> Card:
    """Confirm that a person now has a role over a district."""
    title = say("{name} is now {role} of {district}", name=person.name, role=role, district=district.name)
    return Card(title, (Text(say("It applies at once in every school of the district.")),), tone=Tone.GOOD)


def taken(person: Person, role: str, district: District) -> Card:
    """Confirm that a person no longer has a role over a district."""
    title = say(
        "{name} is no longer {role} of {district}", name=person.name, role=role, district=district.name
    )
    return Card(title, tone=Tone.GOOD)
