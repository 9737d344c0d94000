"""Plays a scenario, written as lines in a person's words, on the front that it is given.

A line is one of
    admin: /invite create uses:5            types a command (in another channel: `admin in #approvals: …`)
    approver clicks: Approve as Viewer      clicks the newest visible button with this label
    admin chooses: Open a request → Nia     chooses an item of the newest select with this placeholder
    approver fills: reason=No place left    answers the open form and submits it (answers separated by ;)
    newcomer has a form: Why?               their open form has this in its title
    newcomer sees: text | another text      each text is somewhere on their screen now
    newcomer does not see: text             none of the texts is on their screen now
    newcomer is told: text                  each text is in what has appeared since they last did something
    keep CODE from: admin                   remembers the newest invitation code on their screen
    a mail to nia@example.org says: text | another text    the newest mail to that address has each text
    no mail goes to nia@example.org                        no mail has been sent to that address
    mails to nia@example.org get: 550 no such user         the mail server gives this answer from now on
    mails to nia@example.org are taken                     the mail server accepts them again
    keep LINK from the mail to nia@example.org             remembers the first link in the newest mail
    keep CODE from the operator             remembers the one-time code for the first System Administrator
    newcomer has @staff                                 a role or user group of the platform, or a badge
    newcomer has no @staff
    somebody gives newcomer @staff by hand              or: somebody takes from newcomer @staff by hand
    the bot restarts
    the folder north has users2.csv as users.csv        puts a file of the story into a OneRoster folder
    a file people.csv:                                  its lines follow, indented; .xlsx becomes a workbook
    admin: /roster import file:people.csv               attaches it; so does `admin fills: file=people.csv`
    newcomer leaves the platform                        no message reaches them any more
    Maple Grove is linked to Oak Team, too              a workspace in which the story does not take place
    3 days pass
    people sign in with passwords                       on the web, in all of the story; or with google, slack
`{CODE}` is replaced by what was kept, and `{@newcomer}` by a mention of that person. Empty lines and lines
that begin with # are for the reader.
"""

import csv
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Protocol

from bot.core import claims
from bot.core.ids import new_id
from bot.core.people.passwords import SignInWays
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.schools.schools import Workspace
from bot.sheets.writing import xlsx_of
from tests.scenarios.mails import newest
from tests.servers.mail.server import MailServer
from tests.world import WAYS, World

_CODE = re.compile(r"\b[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{5}\b")


def ways_of(scenario: str) -> SignInWays:
    """Return how people sign in on the web in a scenario."""
    said = re.search(r"^people sign in with (.+)$", scenario, re.MULTILINE)
    if said is None:
        return WAYS
    named = tuple(said[1].split(", "))
    on = named == ("passwords",)
    return SignInWays(passwords=on, providers=() if on else named, mails=True)


_FILE = re.compile(r"^([ \t]*)a file (\S+):[ \t]*\n((?:\1[ \t]+\S.*(?:\n|\Z))+)", re.MULTILINE)


def files_of(scenario: str) -> dict[str, bytes]:
    """Return the files that a scenario defines by name; the content of a .xlsx file is a workbook."""
    found = {}
    for _, name, block in _FILE.findall(scenario):
        text = dedent(block)
        header, *rows = csv.reader(text.splitlines())
        found[name] = xlsx_of(header, rows) if name.endswith(".xlsx") else text.encode()
    return found


def _blank(block: re.Match[str]) -> str:
    return "\n" * block[0].count("\n")


class Driver(Protocol):
    """One front, as people use it; `files` are the files that they can attach."""

    files: dict[str, bytes]

    async def type(self, who: str, line: str, channel: str = "general") -> None: ...

    async def click(self, who: str, label: str) -> None: ...

    async def choose(self, who: str, placeholder: str, item_label: str) -> None: ...

    async def fill(self, who: str, **answers: str) -> None: ...

    def form(self, who: str) -> str | None: ...

    def visible(self, who: str) -> list[str]: ...

    async def restart(self) -> None: ...

    def leave(self, who: str) -> None: ...

    def native(self, name: str) -> set[str]: ...

    def by_hand(self, name: str, who: str, *, has: bool) -> None: ...

    def mention(self, who: str) -> str: ...


@dataclass
class Stage:
    """Plays scenarios in a world, on a driver's front; `kept` has what a scenario remembers by name."""

    world: World
    driver: Driver
    mails: MailServer = field(default_factory=MailServer)
    kept: dict[str, str] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)

    async def play(self, scenario: str) -> None:
        """Play all lines; an `AssertionError` names the line that failed."""
        self.driver.files.update(files_of(scenario))
        for number, line in enumerate(_FILE.sub(_blank, scenario).splitlines(), 1):
            told = line.strip()
            if not told or told.startswith("#"):
                continue
            try:
                await self._line(told)
            except AssertionError as failed:
                raise AssertionError(f"line {number}: {told}\n{failed}") from failed

    async def _line(self, line: str) -> None:
        for pattern, step in _STEPS:
            if match := pattern.fullmatch(line):
                values = [self._filled(value or "") for value in match.groups()]
                await step(self, *values)
                return
        raise AssertionError("no such line in a scenario")

    def _filled(self, text: str) -> str:
        text = re.sub(r"\{@(\w+)\}", lambda match: self.driver.mention(match[1]), text)
        return re.sub(r"(?<!\{)\{(\w+)\}(?!\})", lambda match: self.kept[match[1]], text)

    async def _type(self, who: str, channel: str, line: str) -> None:
        self._look(who)
        await self.driver.type(who, line, channel or "general")
        await self.world.work()

    async def _click(self, who: str, label: str) -> None:
        self._look(who)
        await self.driver.click(who, label)
        await self.world.work()

    async def _choose(self, who: str, placeholder: str, item: str) -> None:
        self._look(who)
        await self.driver.choose(who, placeholder, item)
        await self.world.work()

    async def _fill(self, who: str, answers: str) -> None:
        self._look(who)
        assert self.driver.form(who), f"{who} has no form open; they see {self._screen(who)}"
        pairs = (answer.split("=", 1) for answer in answers.split(";") if answer.strip())
        await self.driver.fill(who, **{name.strip(): value.strip() for name, value in pairs})
        await self.world.work()

    async def _sees(self, who: str, texts: str) -> None:
        screen = "\n".join(self._screen(who))
        for text in texts.split(" | "):
            assert text.strip() in screen, f"{who} sees:\n{screen}"

    async def _does_not_see(self, who: str, texts: str) -> None:
        screen = "\n".join(self._screen(who))
        for text in texts.split(" | "):
            assert text.strip() not in screen, f"{who} sees:\n{screen}"

    async def _is_told(self, who: str, texts: str) -> None:
        before = list(self.seen.get(who, []))
        fresh = []
        for message in self.driver.visible(who):
            if message in before:
                before.remove(message)
            else:
                fresh.append(message)
        told = "\n".join(fresh)
        for text in texts.split(" | "):
            assert text.strip() in told, f"{who} was told:\n{told or 'nothing'}"

    async def _form(self, who: str, title: str) -> None:
        form = self.driver.form(who)
        assert form is not None, f"{who} has no form open; they see {self._screen(who)}"
        assert title in form

    async def _keep(self, name: str, who: str) -> None:
        for message in reversed(self.driver.visible(who)):
            if found := _CODE.search(message):
                self.kept[name] = found[0]
                return
        raise AssertionError(f"{who} sees no code: {self._screen(who)}")

    async def _keep_claim(self, name: str) -> None:
        code = await self.world.database.run(claims.offer_system_administrator)
        assert code, "there is a System Administrator already"
        self.kept[name] = code

    async def _mail_says(self, address: str, texts: str) -> None:
        mail = newest(self.mails, address)
        for text in texts.split(" | "):
            assert text.strip() in mail, f"the newest mail to {address} says:\n{mail}"

    async def _no_mail(self, address: str) -> None:
        assert [one["Subject"] for one in self.mails.taken if one["To"] == address] == []

    async def _refuse_mails(self, address: str, answer: str) -> None:
        self.mails.refused[address] = answer

    async def _take_mails(self, address: str) -> None:
        self.mails.refused.pop(address, None)

    async def _keep_link(self, name: str, address: str) -> None:
        links = re.findall(r"https?://\S+", newest(self.mails, address))
        assert links, f"the newest mail to {address} has no link"
        self.kept[name] = links[0]

    async def _signing_in(self) -> None:
        """Do nothing, since `ways_of` has read this line before the world was built."""

    async def _restart(self) -> None:
        await self.driver.restart()

    async def _leave(self, who: str) -> None:
        self.driver.leave(who)

    async def _has(self, who: str, name: str) -> None:
        assert who in self.driver.native(name), f"@{name} is had by {self.driver.native(name)}"

    async def _has_no(self, who: str, name: str) -> None:
        assert who not in self.driver.native(name)

    async def _given(self, who: str, name: str) -> None:
        self.driver.by_hand(name, who, has=True)

    async def _taken(self, who: str, name: str) -> None:
        self.driver.by_hand(name, who, has=False)

    async def _pass(self, number: str, unit: str) -> None:
        self.world.clock.forward(timedelta(**{f"{unit}s": int(number)}))
        await self.world.sweep()
        await self.world.deliver()

    async def _linked(self, school: str, name: str) -> None:
        def unit(uow: UnitOfWork) -> None:
            key = WorkspaceKey(Platform.WEB, new_id(uow.now))
            (found,) = uow.schools.overseen(None, school, 2, whole=True)
            uow.workspaces.add(Workspace(new_id(uow.now), key, name, uow.now))
            assert uow.workspaces.link(found.id, key, uow.now)

        await self.world.database.run(unit)

    async def _finds(self, folder: str, file: str, name: str) -> None:
        place = Path(self.world.folders) / folder
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(self.driver.files[file])

    def _look(self, who: str) -> None:
        self.seen[who] = self.driver.visible(who)

    def _screen(self, who: str) -> list[str]:
        return self.driver.visible(who)


_WHO = r"(\w+)"
_STEPS: list[tuple[re.Pattern[str], Callable[..., Awaitable[None]]]] = [
    (re.compile(pattern), step)
    for pattern, step in (
        (rf"{_WHO}(?: in #(\w+))?: (/.*)", Stage._type),
        (rf"{_WHO} clicks: (.+)", Stage._click),
        (rf"{_WHO} chooses: (.+) → (.+)", Stage._choose),
        (rf"{_WHO} fills: (.*)", Stage._fill),
        (rf"{_WHO} sees: (.+)", Stage._sees),
        (rf"{_WHO} does not see: (.+)", Stage._does_not_see),
        (rf"{_WHO} is told: (.+)", Stage._is_told),
        (rf"{_WHO} has a form: (.+)", Stage._form),
        (r"the folder (\w+) has (\S+) as (\S+)", Stage._finds),
        (rf"keep {_WHO} from: {_WHO}", Stage._keep),
        (rf"keep {_WHO} from the operator", Stage._keep_claim),
        (rf"keep {_WHO} from the mail to (\S+)", Stage._keep_link),
        (r"a mail to (\S+) says: (.+)", Stage._mail_says),
        (r"no mail goes to (\S+)", Stage._no_mail),
        (r"mails to (\S+) get: (.+)", Stage._refuse_mails),
        (r"mails to (\S+) are taken", Stage._take_mails),
        (r"people sign in with .+", Stage._signing_in),
        (r"the bot restarts", Stage._restart),
        (rf"{_WHO} leaves the platform", Stage._leave),
        (rf"{_WHO} has @(\w+)", Stage._has),
        (rf"{_WHO} has no @(\w+)", Stage._has_no),
        (rf"somebody gives {_WHO} @(\w+) by hand", Stage._given),
        (rf"somebody takes from {_WHO} @(\w+) by hand", Stage._taken),
        (r"(.+) is linked to (.+), too", Stage._linked),
        (r"(\d+) (day|hour|minute)s? pass(?:es)?", Stage._pass),
    )
]
