"""Cards about schools."""

from collections.abc import Callable, Sequence

from bot.cards.common import fields, optional
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Item, Select, Style, Text, Tone
from bot.chat.text import Channel, Code, Line, say, verbatim
from bot.core.actors import Platform, WorkspaceKey
from bot.core.districts import District
from bot.core.ids import grouped
from bot.core.roles import SCHOOL_ADMIN
from bot.core.schools import Approval, ApprovalsChannel, School, SchoolAccess

_PLATFORMS = {Platform.DISCORD: "Discord", Platform.SLACK: "Slack", Platform.WEB: "the web"}
_ACCESS = {
    SchoolAccess.PUBLIC: say("Public: anyone can find it and ask"),
    SchoolAccess.PRIVATE: say("Private: a link or code is needed"),
}
_APPROVAL = {
    Approval.AUTOMATIC: say("Automatic: whoever comes is a member at once"),
    Approval.BY_REQUEST: say("By request: an admin decides"),
}


def _yes_no(value: bool) -> Line:
    return say("Yes") if value else say("No")


def _settings(school: School) -> Block:
    return fields(
        (say("Access"), _ACCESS[school.access]),
        (say("Approval"), _APPROVAL[school.approval]),
        (say("Invitations skip approval"), _yes_no(school.invitation_skips_approval)),
        (say("Default role"), verbatim(school.default_role)),
        (say("Time zone"), verbatim(school.zone)),
        (say("Approvers get direct messages"), _yes_no(school.approver_dms)),
        (say("Support contact"), optional(school.support_contact) or say("None")),
    )


def _next_steps(school: School) -> Actions:
    own = {"school": school.id}
    return Actions(
        (
            Button(say("Invite people"), Action("invite create", own, ask=True), Style.PRIMARY),
            Button(say("Change settings"), Action("school edit", own, ask=True)),
        )
    )


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
        ),
        tone=Tone.GOOD,
    )


def shown(
    school: School,
    channels: Sequence[ApprovalsChannel],
    here: WorkspaceKey | None,
    primary: str | None,
    *,
    may_edit: bool,
) -> Card:
    """Show a school's settings; only channels of the workspace `here` can be named."""
    blocks: list[Block] = [_settings(school)]
    more = fields(
        (say("Approvals go to"), _joined([_place(one, here) for one in channels])),
        (say("Primary Admin"), verbatim(primary) if primary else None),
    )
    if more.pairs:
        blocks.append(more)
    if may_edit:
        blocks.append(_next_steps(school))
    return Card(verbatim(school.name), tuple(blocks))


def _place(channel: ApprovalsChannel, here: WorkspaceKey | None) -> Line:
    if channel.workspace == here:
        return say("{channel}", channel=Channel(channel.channel))
    return say("a channel on {platform}", platform=_PLATFORMS[channel.workspace.platform])


def _joined(lines: Sequence[Line]) -> Line:
    names = [f"line{at}" for at in range(len(lines))]
    return say(", ".join(f"{{{name}}}" for name in names), **dict(zip(names, lines, strict=True)))


def edited(school: School) -> Card:
    """Show a school's settings after a change."""
    return Card(say("{school}: settings saved", school=school.name), (_settings(school),), tone=Tone.GOOD)


def approvals_set(school: School) -> Card:
    """Say where approval cards go from now on."""
    text = say("New requests to join will arrive there, with Approve and Reject on each.")
    return Card(say("Approvals channel of {school} set", school=school.name), (Text(text),), tone=Tone.GOOD)


def link_offered(school: School, code: str, typed: Callable[[str], str]) -> Card:
    """Show the one-time code that links a school to another workspace."""
    line = typed(f"school link {grouped(code)}")
    return Card(
        title=say("Link {school} to another workspace", school=school.name),
        blocks=(
            Text(say("An administrator of the other Discord server or Slack workspace types there:")),
            fields((say("Command"), say("{line}", line=Code(line)))),
            Text(
                say("The code works once, within 24 hours. On Slack it is typed after /homeroom."), quiet=True
            ),
        ),
    )


def linked(school: School, typed: Callable[[str], str]) -> Card:
    """Say that a school now lives in this workspace too."""
    join = typed("join")
    return Card(
        title=say("{school} is linked to this workspace", school=school.name),
        blocks=(Text(say("People can now use `{join}` here. Its admins decide here too.", join=join)),),
        tone=Tone.GOOD,
    )


def found(schools: Sequence[School], typed: str) -> Card:
    """List public schools with a way to join each."""
    if not schools:
        none = (
            say("No public school is called “{typed}”. A private one needs an invitation.", typed=typed)
            if typed
            else say("There is no public school. A private one needs an invitation.")
        )
        return Card(say("Public schools"), (Text(none),))
    items = tuple(Item(school.id, verbatim(school.name)) for school in schools)
    return Card(
        say("Public schools"),
        (
            Text(say("Choose one to join it. Some let you in at once, others ask an admin first.")),
            Select(say("Join a school"), Action("join"), "school", items),
        ),
    )


def created_in(school: School, district: District) -> Card:
    """Show a new school of a district and what to do next."""
    invite = Action("invite create", {"school": school.id, "role": SCHOOL_ADMIN.name}, ask=True)
    return Card(
        title=say("{school} is ready in {district}", school=school.name, district=district.name),
        blocks=(
            Text(say("The first School Admin who comes in will be its Primary Admin.")),
            _settings(school),
            Actions((Button(say("Invite its admin"), invite, Style.PRIMARY),)),
        ),
        tone=Tone.GOOD,
    )


def moved(school: School, district: District | None) -> Card:
    """Say where a school belongs now."""
    if district is None:
        return Card(say("{school} belongs to no district now", school=school.name), tone=Tone.GOOD)
    title = say("{school} belongs to {district} now", school=school.name, district=district.name)
    return Card(title, (Text(say("The admins of that district are its admins too.")),), tone=Tone.GOOD)


def archived(school: School) -> Card:
    """Say that a school is archived, with a way back."""
    restore = Button(say("Restore"), Action("school restore", {"name": school.id}))
    text = say("Its invitations do not work, and nobody acts in it but the admins of its district.")
    return Card(say("{school} is archived", school=school.name), (Text(text), Actions((restore,))))


def restored(school: School) -> Card:
    """Say that a school is open again."""
    title = say("{school} is open again", school=school.name)
    return Card(title, (Text(say("Everything is as it was.")),), tone=Tone.GOOD)
