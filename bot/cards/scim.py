"""Cards about a district's identity provider, which synchronizes people by SCIM."""

from collections.abc import Mapping, Sequence

from bot.cards.common import PAGE, fields, moment, next_page
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Table, Text, Tone
from bot.chat.text import Line, say, verbatim
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim.model import ROOT, Group, Token


def token(district: District, secret: str, base: str, *, overlap: int = 0) -> Card:
    """Show a new token, which is never shown again; the previous one works for `overlap` more hours."""
    blocks: list[Block] = [
        fields((say("Token"), say("`{token}`", token=secret)), (say("Address"), _address(base))),
        Text(say("It is shown only this once. Put it into your identity provider now, and nowhere else.")),
    ]
    if overlap:
        blocks.append(Text(say("The previous token works for {hours} more hours.", hours=overlap)))
    title = say("The identity provider of {district}", district=district.name)
    return Card(title, tuple(blocks), private=True, tone=Tone.GOOD)


def _address(base: str) -> Line:
    return say("`{address}`", address=f"{base}{ROOT}") if base else say("This installation has no address.")


def revoked(district: District) -> Card:
    """Confirm that no token works any more."""
    title = say("The identity provider of {district} is no longer let in", district=district.name)
    then = Text(say("What it did stays. You can let another one in with a new token."))
    again = Button(say("Connect"), Action("scim connect", {"district": district.id}))
    return Card(title, (then, Actions((again,))), tone=Tone.GOOD, private=True)


def shown(
    district: District, working: Sequence[Token], school: School | None, groups: int, base: str
) -> Card:
    """Show the state of the connection."""
    values = {"district": district.id}
    title = say("The identity provider of {district}", district=district.name)
    where = verbatim(school.name) if school else say("None: they wait for a group")
    status = fields(
        (say("Status"), say("Connected") if working else say("Not connected")),
        (say("Address"), _address(base)),
        (say("New people join"), where),
        (say("Groups"), say("{number}", number=groups)),
    )
    blocks: list[Block] = [status]
    if working:
        rows = tuple(
            (
                say("{at}", at=one.made_at),
                moment(one.used_at, say("Never")),
                moment(one.expires_at, say("Until it is revoked")),
            )
            for one in working
        )
        blocks.append(Table((say("Token made"), say("Last used"), say("Works")), rows))
    blocks.append(Actions(tuple(_buttons(values, connected=bool(working), groups=bool(groups)))))
    return Card(title, tuple(blocks), private=True)


def _buttons(own: Mapping[str, str], *, connected: bool, groups: bool) -> list[Button]:
    choose = Button(say("Choose a school"), Action("scim school", own, ask=True))
    look = [Button(say("Groups"), Action("scim groups", own))] if groups else []
    if not connected:
        return [Button(say("Connect"), Action("scim connect", own), Style.PRIMARY), choose, *look]
    confirm = Confirm(
        say("Stop letting it in?"), say("Nothing is synchronised until there is a new token."), say("Revoke")
    )
    return [
        Button(say("New token"), Action("scim rotate", own)),
        choose,
        *look,
        Button(say("Revoke"), Action("scim revoke", own), Style.DANGER, confirm),
    ]


def listed(
    district: District, found: Sequence[Group], names: Mapping[str, str], *, start: int, total: int
) -> Card:
    """List the provider's groups, and the role that each gives."""
    title = say("Groups of {district}", district=district.name)
    if not found:
        empty = say("The identity provider has not sent any groups yet.")
        return Card(title, (Text(empty),), private=True)
    rows = tuple((verbatim(one.name), _gives(one, names)) for one in found)
    blocks: list[Block] = [Table((say("Group"), say("Gives")), rows)]
    values = {"district": district.id}
    if total > start + PAGE:
        blocks.append(next_page(say("More"), Action("scim more", {"start": str(start + PAGE), **values})))
    blocks.append(
        Actions(
            (
                Button(say("Link a group"), Action("scim link", values, ask=True), Style.PRIMARY),
                Button(say("Unlink a group"), Action("scim unlink", values, ask=True)),
            )
        )
    )
    return Card(title, tuple(blocks), private=True)


def _gives(group: Group, names: Mapping[str, str]) -> Line:
    if group.school_id is None or group.role is None:
        return say("Nothing: it is not linked")
    return say("{role} at {school}", role=group.role, school=names.get(group.school_id, "?"))


def linked(group: Group, school: School) -> Card:
    """Confirm which role a group now gives."""
    title = say(
        "Everyone in {group} is {role} at {school}",
        group=group.name,
        role=group.role or "",
        school=school.name,
    )
    soon = say("People in it now get the role within a minute. Anybody who is kept out there stays out.")
    return Card(title, (Text(soon),), tone=Tone.GOOD, private=True)


def unlinked(group: Group) -> Card:
    """Confirm that a group no longer gives a role."""
    title = say("{group} no longer gives anything", group=group.name)
    return Card(title, (Text(say("Its members keep what they have.")),), tone=Tone.GOOD, private=True)
