"""Cards about roles and the system's settings."""

from collections.abc import Iterable, Sequence

from bot.cards.common import at_most, fields, optional, people
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Item, Select, Style, Table, Text, Tone
from bot.chat.text import Line, say, verbatim
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import Rights, Role, ScopeKind
from bot.core.schools.schools import School
from bot.core.schools.system import SystemSettings


def _phrases(atoms: Iterable[Permission]) -> Line:
    wanted = set(atoms)
    phrases = [atom.phrase for atom in Permission if atom in wanted]
    return verbatim("; ".join(phrases)) if phrases else say("Nothing")


def listed(
    built_in: Sequence[Role], own: Sequence[CustomRole], school: School, usable: Iterable[Permission]
) -> Card:
    """List a school's roles, and the permissions that its admins can put into new ones."""
    rows = [(verbatim(role.name), say("Built in"), _phrases(role.holds)) for role in built_in]
    rows += [(verbatim(one.name), say("Its own"), _phrases(one.holds)) for one in own]
    names = [*(role.name for role in built_in), *(one.name for one in own)]
    blocks: list[Block] = [
        Table((say("Role"), say("Kind"), say("May")), tuple(rows)),
        Select(
            say("Show a role"),
            Action("role show", {"school": school.id}),
            "role",
            tuple(Item(name, verbatim(name)) for name in names),
        ),
    ]
    wanted = set(usable)
    atoms = tuple((verbatim(one.value), verbatim(one.phrase)) for one in Permission if one in wanted)
    if atoms:
        create = Action("role create", {"school": school.id}, ask=True)
        blocks += [
            Text(say("You can make a role of these permissions:")),
            Table((say("Permission"), say("Lets its holder")), atoms),
            Actions((Button(say("Make a role"), create, Style.PRIMARY),)),
        ]
    return Card(say("Roles of {school}", school=school.name), tuple(blocks))


def shown(role: Role, school: School, held_by: int) -> Card:
    """Show a built-in role."""
    return Card(say("{role}, a built-in role", role=role.name), (_about(role, school, held_by),))


def _about(role: Role, school: School, held_by: int) -> Block:
    is_default = school.default_role == role.name
    return fields(
        (say("School"), verbatim(school.name)),
        (say("May"), _phrases(role.holds)),
        (say("May give without doing it"), _phrases(role.may_grant) if role.may_grant else None),
        (say("Who has it"), people(held_by) if role.level is ScopeKind.SCHOOL else None),
        (say("New members get it"), say("Yes") if is_default else None),
    )


def shown_own(role: CustomRole, school: School, held_by: int, *, may_edit: bool) -> Card:
    """Show a role that the school made itself, with the buttons that the reader may use."""
    blocks: list[Block] = [_about(role.role, school, held_by)]
    if unusable := Rights.union([role.role]).unusable:
        missing = say(
            "Whoever lets somebody in gives them a role. Add the right to give roles, `role.grant`, so that "
            "people with this role can: {phrases}.",
            phrases=_phrases(unusable),
        )
        blocks.append(Text(missing))
    if may_edit:
        values = {"role": role.id, "school": school.id}
        confirm = Confirm(say("Delete this role?"), say("This cannot be undone."), say("Delete"))
        blocks.append(
            Actions(
                (
                    Button(say("Change"), Action("role edit", values, ask=True)),
                    Button(say("Delete"), Action("role delete", values), Style.DANGER, confirm),
                )
            )
        )
    return Card(say("{role}, a role of {school}", role=role.name, school=school.name), tuple(blocks))


def deleted(role: CustomRole, school: School) -> Card:
    """Confirm that a role is deleted."""
    title = say("{school} has no role {role} any more", school=school.name, role=role.name)
    return Card(title, tone=Tone.GOOD)


def system(settings: SystemSettings, *, saved: bool = False) -> Card:
    """Show the settings of the whole system."""
    sign_in = ", ".join(one.value.capitalize() for one in settings.sign_in)
    blocks: list[Block] = [
        fields(
            (say("Who may invite"), verbatim(settings.who_may_invite.value.capitalize())),
            (say("People may sign in with"), optional(sign_in) or say("All that is set up")),
            (say("Invitations a day, for each school"), at_most(settings.invitations_a_day)),
            (say("Members, for each school"), at_most(settings.members_a_school)),
            (say("E-mails a day, in all"), at_most(settings.mails_a_day)),
            (say("People a day who are sent messages, for each school"), at_most(settings.messages_a_day)),
        )
    ]
    if not saved:
        blocks.append(Actions((Button(say("Change"), Action("system edit", ask=True)),)))
    title = say("Settings of the whole system saved") if saved else say("Settings of the whole system")
    return Card(title, tuple(blocks), tone=Tone.GOOD if saved else Tone.NEUTRAL)
