"""Cards about schools."""

from collections.abc import Callable, Sequence

from bot.cards.common import contact, fields, next_page, optional, yes_no
from bot.cards.schools import settings as settings_cards
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Fields, Item, Select, Style, Text, Tone
from bot.chat.text import Channel, Code, Line, say, verbatim
from bot.core.ids import grouped
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.schools import ApprovalsChannel, School, Workspace
from bot.core.schools.views import SchoolView
from bot.core.schools.whom_to_ask import Askable
from bot.core.values import replace
from bot.core.workspaces.unlinking import Unlinked, named

_PLATFORMS = {Platform.DISCORD: "Discord", Platform.SLACK: "Slack", Platform.WEB: "the web"}


def _place_of(school: School) -> Fields:
    return fields(
        (say("Default role"), verbatim(school.default_role)),
        (say("Time zone"), verbatim(school.zone)),
        (say("Approvers get direct messages"), yes_no(school.approver_dms)),
        (say("Support contact"), optional(school.support_contact) or say("None")),
    )


def _settings(school: School) -> Fields:
    return Fields((*settings_cards.door(school).pairs, *_place_of(school).pairs))


def _next_steps(school: School) -> Actions:
    invite = Action("invite create", {"school": school.id}, ask=True)
    return Actions((Button(say("Invite people"), invite, Style.PRIMARY),))


def created(school: School, typed: Callable[[str], str]) -> Card:
    """Show a new school and what to do next."""
    approvals = typed("school approvals")
    return Card(
        title=say("{school} is ready", school=school.name),
        blocks=(
            Text(say("You are its **School Admin** and Primary Admin.")),
            _settings(school),
            Text(say("Type `{approvals}` in the channel where requests should arrive.", approvals=approvals)),
            _next_steps(school),
            Text(say("Change how it works:")),
            settings_cards.change(school),
        ),
        tone=Tone.GOOD,
    )


def shown(view: SchoolView, here: WorkspaceKey | None, typed: Callable[[str], str]) -> Card:
    """Show a school's settings; only channels of the workspace `here` can be named."""
    school, settings = view.school, view.settings
    parts = (
        fields((say("Status"), say("Archived") if school.archived else None)),
        _settings(school),
        _around(view, here, typed),
        settings_cards.questions(settings.questions),
        settings_cards.times(settings, view.due),
        settings_cards.reminders(settings),
        settings_cards.limits(settings),
    )
    blocks: list[Block] = [part for part in parts if part.pairs]
    if view.may_restore:
        blocks.append(Actions((_restore(school),)))
    elif view.may_edit:
        blocks.append(_next_steps(school))
    if view.may_edit:
        blocks.append(settings_cards.change(school))
    return Card(verbatim(school.name), tuple(blocks))


def _around(view: SchoolView, here: WorkspaceKey | None, typed: Callable[[str], str]) -> Fields:
    """Return fields with a school's district, linked workspaces, approvals channels and people in charge."""
    line = typed("school approvals")
    none = say("No channel yet; type `{line}` in one", line=line) if view.may_edit else None
    channels = _joined([_place(one, here) for one in view.channels])
    linked = [workspace_name(one, name) for one, name in zip(view.linked, named(view.linked), strict=True)]
    return fields(
        (say("District"), optional(view.district)),
        (say("Linked to"), _joined(linked)),
        (say("Approvals go to"), channels or none),
        (say("Primary Admin"), optional(view.primary)),
    )


def _restore(school: School) -> Button:
    return Button(say("Restore"), Action("school restore", {"name": school.id}))


def _place(channel: ApprovalsChannel, here: WorkspaceKey | None) -> Line:
    if channel.workspace == here:
        return say("{channel}", channel=Channel(channel.channel))
    return say("a channel on {platform}", platform=_PLATFORMS[channel.workspace.platform])


def _joined(lines: Sequence[Line]) -> Line:
    names = [f"line{at}" for at in range(len(lines))]
    return say(", ".join(f"{{{name}}}" for name in names), **dict(zip(names, lines, strict=True)))


def whom_to_ask(school: School, askable: Askable) -> Card:
    """Show members whom they can ask at their school."""
    others = [verbatim(one.name) for one in askable.deciding]
    pairs = fields(
        (say("Primary Admin"), verbatim(askable.primary.name) if askable.primary else None),
        (say("Also let people in"), _joined([*others, *([say("and more")] if askable.more else [])])),
    )
    return Card(say("Whom to ask at {school}", school=school.name), (Text(contact(school)), pairs))


def edited(school: School, waiting: int, *, newcomers_give_roles: bool) -> Card:
    """Show a school's settings after a change, with a warning if newcomers may then give roles."""
    told = settings_cards.saved(school, _settings(school), waiting=waiting)
    if not newcomers_give_roles:
        return told
    warning = say(
        "Everybody who comes in without another role becomes {role}, and can change what others may do. "
        "If you do not mean that, choose a smaller role.",
        role=school.default_role,
    )
    return replace(told, blocks=(Text(warning), *told.blocks))


_LET_IN = {
    Platform.DISCORD: say("I need to be able to see that channel and send messages there."),
    Platform.SLACK: say("If that channel is private, I need to be in it: type `/invite @Homeroom` there."),
}


def approvals_set(school: School, platform: Platform) -> Card:
    """Confirm the approvals channel, and say what the bot needs there: any channel can be named."""
    text = Text(say("New requests to join will arrive there, with Approve and Reject on each."))
    readers = say(
        "Everyone who reads that channel sees who asks: choose one for those who decide. Only they can read "
        "the answers."
    )
    needs = [Text(_LET_IN[platform], quiet=True)] if platform in _LET_IN else []
    title = say("Approvals channel of {school} set", school=school.name)
    return Card(title, (text, Text(readers, quiet=True), *needs), tone=Tone.GOOD)


def link_offered(school: School, code: str, typed_on: Callable[[Platform, str], str]) -> Card:
    """Show the one-time code that links a school to another workspace."""
    line = f"school link {grouped(code)}"
    return Card(
        title=say("Link {school} to another server or workspace", school=school.name),
        blocks=(
            Text(say("An administrator of the other Discord server or Slack workspace types this there:")),
            fields(
                (say("On Discord"), say("{line}", line=Code(typed_on(Platform.DISCORD, line)))),
                (say("On Slack"), say("{line}", line=Code(typed_on(Platform.SLACK, line)))),
            ),
            Text(say("The code works once, within 24 hours."), quiet=True),
        ),
    )


def linked(school: School, typed: Callable[[str], str]) -> Card:
    """Confirm that a school is linked to this workspace."""
    join = typed("join")
    return Card(
        title=say("{school} is linked to this server or workspace", school=school.name),
        blocks=(Text(say("People can now use `{join}` here. Its admins decide here too.", join=join)),),
        tone=Tone.GOOD,
    )


def workspace_name(workspace: Workspace, name: str) -> Line:
    """Return the name of a workspace with its platform."""
    return say("{name} ({platform})", name=name, platform=_PLATFORMS[workspace.key.platform])


def unlinked(school: School, done: Unlinked) -> Card:
    """Confirm that a workspace is no longer linked to a school, and say what else ended."""
    (name,) = named([done.workspace])
    lines = [
        say("Nobody can reach it from there any more, and bans there no longer count. Members stay members.")
    ]
    if done.approvals:
        lines.append(say("Requests to join no longer arrive in its approvals channel there."))
    if done.cards:
        lines.append(say("What was posted there about people is removed."))
    if done.mirror:
        lines.append(say("People who apply on the server's own form are decided there again."))
    place = workspace_name(done.workspace, name)
    title = say("{school} is unlinked from {place}", school=school.name, place=place)
    return Card(title, tuple(Text(one) for one in lines), tone=Tone.GOOD)


def public_schools(schools: Sequence[School], typed: str, *, more: bool) -> Card:
    """List public schools, with a menu that joins one."""
    if not schools:
        none = (
            say("No public school is called “{typed}”. A private one needs an invitation.", typed=typed)
            if typed
            else say("There are no public schools. A private one needs an invitation.")
        )
        return Card(say("Public schools"), (Text(none),))
    items = tuple(Item(school.id, verbatim(school.name)) for school in schools)
    blocks: list[Block] = [
        Text(say("Choose one to join it. Some let you in at once, others ask an admin first.")),
        Select(say("Join a school"), Action("join"), "school", items),
    ]
    if more:
        wanted = {"name": typed} if typed else {}
        blocks.append(next_page(say("More"), Action("school further", {"after": schools[-1].id, **wanted})))
    return Card(say("Public schools"), tuple(blocks))


def created_in(school: School, district: District) -> Card:
    """Show a new school of a district, and what to do next."""
    invite = Action("invite create", {"school": school.id, "role": SCHOOL_ADMIN.name}, ask=True)
    return Card(
        title=say("{school} is ready in {district}", school=school.name, district=district.name),
        blocks=(
            Text(say("The first School Admin to come in becomes its Primary Admin.")),
            _settings(school),
            Actions((Button(say("Invite its admin"), invite, Style.PRIMARY),)),
        ),
        tone=Tone.GOOD,
    )


def moved(school: School, district: District | None) -> Card:
    """Confirm which district a school belongs to now."""
    if district is None:
        return Card(say("{school} no longer belongs to a district", school=school.name), tone=Tone.GOOD)
    title = say("{school} now belongs to {district}", school=school.name, district=district.name)
    return Card(title, (Text(say("The admins of that district are now its admins too.")),), tone=Tone.GOOD)


def archived(school: School) -> Card:
    """Confirm that a school is archived, with a button that restores it."""
    text = say("Its invitations do not work, and only admins of its district can do anything in it.")
    return Card(say("{school} is archived", school=school.name), (Text(text), Actions((_restore(school),))))


def restored(school: School) -> Card:
    """Confirm that a school is open again."""
    title = say("{school} is open again", school=school.name)
    return Card(title, (Text(say("Everything is as it was.")),), tone=Tone.GOOD)
