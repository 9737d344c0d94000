"""`homeroom import` and `homeroom export`: an operator runs the roster commands of the chats."""

import os
from pathlib import Path

from rich.console import Console

from bot.app import Application
from bot.chat.files import refuse_larger
from bot.chat.replies import Card, File, Reply
from bot.console import cards
from bot.console.database import opened_application, say
from bot.core.files import BadFile, FileTrouble
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller, Person, Platform
from bot.core.rights.roles import SYSTEM_ADMINISTRATOR
from bot.core.values import dataclass
from bot.settings import Settings

REFUSED = 1


@dataclass(frozen=True, slots=True)
class RosterArguments:
    """The arguments of an import or export: the option `values` as people type them, and whom to act as."""

    file: Path
    values: dict[str, str]
    act_as: str = ""
    yes: bool = False
    leaving: int | None = None
    details: Path | None = None


@dataclass(frozen=True, slots=True)
class _LocalFile:
    """A file on this machine."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self.path.name

    async def read(self, most: int) -> bytes:
        """Return its content; raise `BadFile` if it is larger than `most` bytes or cannot be read."""
        try:
            refuse_larger(self.name, self.path.stat().st_size, most)
            return self.path.read_bytes()
        except OSError as gone:
            raise BadFile(self.name, FileTrouble.GONE) from gone


async def import_roster(settings: Settings, wanted: RosterArguments, console: Console) -> int:
    """Plan an import, show it, ask, and apply it; return the exit status."""
    if not wanted.file.is_file():
        raise ValueError(f"there is no file {wanted.file}")
    async with opened_application(settings) as application:
        caller = await application.database.read(lambda uow: _caller(uow, settings, wanted.act_as))
        told = {**wanted.values, "file": _LocalFile(wanted.file)}
        reply = await application.runner.run("roster import", caller, told)
        plan = _shown(console, reply)
        if wanted.details is not None and (made := await _details(application, caller, plan)) is not None:
            say(console, f"{_kept_details(made, wanted.details, wanted.file)} has the details.")
        apply = cards.button(plan, "roster apply", "roster agree")
        if apply is None:
            # A plan without changes still offers the list of everyone; a file with faults does not.
            return 0 if cards.button(plan, "roster diff") else REFUSED
        values = dict(apply.action.values)
        if apply.action.command == "roster agree":
            leaving = wanted.leaving if wanted.yes else _asked_number(console)
            if leaving is None:
                console.print(
                    "Very many people would leave: confirm how many with --leaving N. Nothing was changed."
                )
                return REFUSED
            values["number"] = str(leaving)
        elif not (wanted.yes or _agreed(console)):
            console.print("Nothing was changed.")
            return REFUSED
        done = await application.runner.run(apply.action.command, caller, values, clicked=True)
        return await _finished(application, caller, console, done)


async def _finished(application: Application, caller: Caller, console: Console, reply: Reply) -> int:
    """Show the result of an import; return the exit status.

    Work that is left to a background worker is done here, unless a running Homeroom does it already.
    """
    card = _shown(console, reply)
    while not reply.refused and (again := cards.button(card, "roster show")) is not None:
        if not await application.rosters.round():
            console.print("A running Homeroom continues with it: see /roster imports.")
            return 0
        reply = await application.runner.act(again.action, caller)
        card = cards.card_of(reply)
        if cards.button(card, "roster show") is None:
            cards.show(console, card)
    return 0 if not reply.refused and cards.button(card, "roster undo") else REFUSED


async def export_roster(settings: Settings, wanted: RosterArguments, console: Console) -> int:
    """Write the active members of a school or district into a new file; return the exit status."""
    if wanted.file.exists():
        raise ValueError(f"{wanted.file} exists already. Choose another name")
    if not wanted.file.suffix:
        raise ValueError(f"{wanted.file} has no format: let its name end in .xlsx or .csv")
    async with opened_application(settings) as application:
        caller = await application.database.read(lambda uow: _caller(uow, settings, wanted.act_as))
        card = _shown(console, await application.runner.run("roster export", caller, wanted.values))
        made = cards.file(card)
        if made is None:
            return REFUSED
        _keep(wanted.file, made.content, os.O_EXCL)
        return 0


async def _details(application: Application, caller: Caller, plan: Card) -> File | None:
    """Return the file with every line of the plan, or with every fault; None if there is neither."""
    whole = cards.button(plan, "roster diff")
    if whole is None:
        return cards.file(plan)
    return cards.file(cards.card_of(await application.runner.act(whole.action, caller)))


def _kept_details(made: File, named: Path, imported: Path) -> Path:
    """Write the details where the operator wants them, with the suffix of their format; return the path.

    An existing file is overwritten only if the operator named exactly that path; the imported file never is.
    """
    target = named.with_suffix(Path(made.name).suffix)
    if target.exists() and (target != named or target.samefile(imported)):
        raise ValueError(f"{target} exists already, and nothing was changed. Choose another name")
    _keep(target, made.content, os.O_TRUNC)
    return target


def _keep(file: Path, content: bytes, how: int) -> None:
    """Write a file that only its owner can read, because it names people."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | how, 0o600), "wb") as kept:
        kept.write(content)


def _shown(console: Console, reply: Reply) -> Card:
    card = cards.card_of(reply)
    cards.show(console, card)
    return card


def _agreed(console: Console) -> bool:
    try:
        return console.input("Apply the plan? (yes/no) ").strip().casefold() in {"y", "yes"}
    except EOFError:
        return False


def _asked_number(console: Console) -> int | None:
    try:
        typed = console.input("How many people leave? Type the number to apply the plan: ").strip()
    except EOFError:
        return None
    return int(typed) if typed.isdecimal() else None


def _caller(uow: UnitOfWork, settings: Settings, act_as: str) -> Caller:
    """Return the caller that the operator acts as: the named person, or else a System Administrator.

    Raises `ValueError` if no such account is known.
    """
    named = (_account(uow, one) for one in ([act_as] if act_as else settings.system_administrators))
    found = next(filter(None, named), None)
    if not (found or act_as):
        found = _claimed(uow)
    if found is None:
        told = f"There is no account for {act_as}" if act_as else "There is no System Administrator yet"
        raise ValueError(f"{told}. Name an admin by --as, with an e-mail address or account (discord:1234)")
    account, person = found
    known = {one.value for one in Platform}
    platform = Platform(account.issuer) if account.issuer in known else Platform.WEB
    return Caller(account, person.name, platform)


def _account(uow: UnitOfWork, typed: str) -> tuple[AccountKey, Person] | None:
    issuer, colon, subject = typed.partition(":")
    if colon:
        account = AccountKey(issuer, subject)
        person = uow.people.by_account(account)
        return (account, person) if person else None
    return _of(uow, uow.people.by_email(typed))


def _claimed(uow: UnitOfWork) -> tuple[AccountKey, Person] | None:
    """Return the System Administrator who typed the code of the first start."""
    holder = uow.members.somebody_with(SYSTEM_ADMINISTRATOR.name)
    return _of(uow, uow.people.by_id(holder) if holder else None)


def _of(uow: UnitOfWork, person: Person | None) -> tuple[AccountKey, Person] | None:
    accounts = uow.people.accounts([person.id]) if person else ()
    return (accounts[0][1], person) if person and accounts else None
