"""Cards about linked accounts, and about two persons who turn out to be one."""

from collections.abc import Callable, Iterable, Sequence

from bot.cards.common import fields, optional, yes_no
from bot.chat.actions import Action
from bot.chat.replies import Actions, Block, Button, Card, Confirm, Style, Table, Text, Tone
from bot.chat.text import Code, Line, say, verbatim
from bot.core.ids import grouped
from bot.core.people.accounts import Linked, handle
from bot.core.people.holdings import GivenRole, RecordKind
from bot.core.people.members import Membership
from bot.core.people.merging import MembershipMerge, MergePlan
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import AccountKey, Platform

_PLATFORMS = {"discord": "Discord", "slack": "Slack", "web": "Web", "google": "Google", "email": "E-mail"}
KINDS = {
    RecordKind.INVITATIONS: say("Invitations made"),
    RecordKind.REVOCATIONS: say("Invitations revoked"),
    RecordKind.REDEMPTIONS: say("Invitations redeemed"),
    RecordKind.REQUESTS: say("Requests made"),
    RecordKind.DECISIONS: say("Requests decided"),
    RecordKind.CLAIMED: say("Requests seen to"),
    RecordKind.GRANTS: say("Roles given"),
    RecordKind.CLAIMS: say("One-time codes used"),
    RecordKind.ADDRESSED: say("Invitations received"),
    RecordKind.MESSAGES: say("Messages to many"),
    RecordKind.TEMPLATES: say("Templates of messages"),
    RecordKind.RECEIVED: say("Messages received"),
}


# Offered to people with an account elsewhere, who would otherwise join again as another person.
LINK_ACCOUNT = Button(say("I joined one with another account"), Action("account link"))


def platform(key: AccountKey) -> str:
    """Return the name of an account's platform."""
    return platforms([key.issuer])


def platforms(issuers: Iterable[str]) -> str:
    """Return the names of platforms, by the issuers of accounts."""
    return ", ".join(_PLATFORMS.get(one, one.capitalize()) for one in issuers)


def settings(details: PersonDetails) -> Card:
    """Show a person their own settings after a change."""
    told = yes_no(details.message_notifications)
    return Card(
        say("Your settings are saved"),
        (
            fields(
                (say("Time zone"), optional(details.zone or "") or say("As on your platform")),
                (say("You are told of new messages"), told),
            ),
        ),
        tone=Tone.GOOD,
    )


def password_link_sent(name: str = "") -> Card:
    """Confirm that the link for choosing a password is sent: to the person `name`, or else to the actor."""
    return Card(
        say("A link is on its way to {name}", name=name) if name else say("A link is on its way to you"),
        (
            Text(say("It goes by e-mail to the address on file. It works once, within an hour.")),
            Text(say("The old password works until a new one is chosen."), quiet=True),
        ),
        tone=Tone.GOOD,
    )


def link_offered(code: str, typed: Callable[[str], str], typed_on: Callable[[Platform, str], str]) -> Card:
    """Show the one-time code that links another account."""
    line = f"account link code:{grouped(code)}"
    return Card(
        say("Link another account of yours"),
        (
            Text(say("Type this with your other account:")),
            fields(
                (say("On Discord"), say("{line}", line=Code(typed_on(Platform.DISCORD, line)))),
                (say("On Slack"), say("{line}", line=Code(typed_on(Platform.SLACK, line)))),
            ),
            Text(
                say(
                    "The code works once, within 24 hours. Do not give it to anybody: whoever types it "
                    "can do everything that you can do here."
                )
            ),
            Text(say("See your accounts with `{show}`.", show=typed("account show")), quiet=True),
        ),
        tone=Tone.WAITING,
    )


def linked(done: Linked) -> Card:
    """Confirm that an account now belongs to the person."""
    names = ", ".join(platform(key) for key in done.accounts)
    return Card(
        say("This account is linked: you are {name}", name=done.person.name),
        (fields((say("Your accounts"), verbatim(names))),),
        tone=Tone.GOOD,
    )


def shown(accounts: Sequence[AccountKey], here: AccountKey, typed: Callable[[str], str]) -> Card:
    """List a person's own accounts, with buttons that unlink them."""
    title = say("Your accounts")
    how = Text(say("Link another one with `{link}`.", link=typed("account link")), quiet=True)
    if not accounts:
        return Card(title, (Text(say("I do not know you yet: you have not joined a school.")), how))
    rows = tuple(
        (
            verbatim(platform(key)),
            verbatim(key.subject),
            say("You are using this one") if key == here else verbatim(""),
        )
        for key in accounts
    )
    blocks: list[Block] = [Table((say("Platform"), say("Account"), say("Now")), rows)]
    if len(accounts) > 1:
        blocks.append(Actions(tuple(_unlink(key) for key in accounts)))
    return Card(title, (*blocks, how))


def _unlink(key: AccountKey) -> Button:
    name = say("{platform} {account}", platform=platform(key), account=key.subject)
    confirm = Confirm(
        say("Unlink {account}?", account=name),
        say("It will no longer be yours. Your schools and roles stay with your other accounts."),
        say("Unlink"),
    )
    return Button(
        say("Unlink {account}", account=name),
        Action("account unlink", {"account": handle(key)}),
        Style.DANGER,
        confirm,
    )


def unlinked(key: AccountKey) -> Card:
    """Confirm that an account is unlinked."""
    return Card(
        say("{platform} account unlinked", platform=platform(key)),
        (Text(say("From now on I treat {account} as a stranger.", account=key.subject)),),
        tone=Tone.GOOD,
    )


def merge_plan(plan: MergePlan, code: str, *, stale: bool) -> Card:
    """Show what merging two persons would change, and ask for confirmation."""
    blocks: list[Block] = []
    if stale:
        blocks.append(Text(say("Things have changed since you looked. This is how they stand now.")))
    blocks.append(
        Text(
            say(
                "This account already belongs to {source}. Linking it says that you and {target} are one "
                "person; from then on there is only {target}. This cannot be undone.",
                source=plan.source.name,
                target=plan.target.name,
            )
        )
    )
    if plan.schools:
        rows = tuple((verbatim(one.school.name), _becomes(one), _roles(one)) for one in plan.schools)
        blocks.append(Table((say("School"), say("Membership"), say("Roles then")), rows))
    counts = [(KINDS[kind], say("{number}", number=number)) for kind, number in plan.counts]
    wider = [(verbatim(one.role), _scope(one)) for one in plan.wider_roles]
    accounts = ", ".join(platform(key) for key in plan.accounts)
    blocks.append(fields((say("Accounts that move"), verbatim(accounts)), *wider, *counts))
    confirm = Confirm(
        say("Are you {target}?", target=plan.target.name),
        say("Both become one person for good. If either is kept out of a school, that stays so."),
        say("Yes, link"),
    )
    action = Action("account merge", {"code": code, "plan": plan.digest})
    blocks.append(Actions((Button(say("Link and merge"), action, Style.PRIMARY, confirm),)))
    return Card(say("You are known here already"), tuple(blocks), tone=Tone.WAITING)


def _becomes(one: MembershipMerge) -> Line:
    if one.target is None:
        return say("{state}, moves", state=_state(one.source))
    return say(
        "{source} and {target}: {result}",
        source=_state(one.source),
        target=_state(one.target),
        result=_state(one.result),
    )


def _state(membership: Membership) -> str:
    return membership.barred_as or membership.status


def _roles(one: MembershipMerge) -> Line:
    return verbatim(", ".join(one.roles)) if one.roles else say("None")


def _scope(given: GivenRole) -> Line:
    return say("in the whole system") if not given.scope_id else say("in a district")
