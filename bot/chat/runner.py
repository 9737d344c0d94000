"""The Runner: every front turns what a person did into one call of it."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeAlias

from bot.chat import call_reference, files, forms, grammar, handling, rights
from bot.chat.actions import Action
from bot.chat.commands import Command, Registry
from bot.chat.context import Context, Links
from bot.chat.deferred import resolved
from bot.chat.files import Attach
from bot.chat.grammar import Typed
from bot.chat.native_sync import NativeSync
from bot.chat.ports import Database, Words
from bot.chat.preparing import Preparation
from bot.chat.replies import Form, Item, Reply
from bot.chat.values import as_typed, missing, storable, wrong_option
from bot.core.errors import Miss, NotFound, Refusal
from bot.core.ids import hash_of
from bot.core.invitations import guessing
from bot.core.joining_errors import TooManyMisses
from bot.core.people.passwords import SignInWays
from bot.core.ports import CommitUnknown, UnitOfWork
from bot.core.rights.actors import Actor, Caller, Platform
from bot.core.values import dataclass, field, replace
from bot.sheets.bounds import Bounds

# Adds to the typed values what the platform knows about them.
Complete: TypeAlias = Callable[[Command, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
_log = logging.getLogger(__name__)


class _Refused(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class _Repeated(Exception):
    """A platform delivered something again that is handled already."""


@dataclass(frozen=True, slots=True)
class _Call:
    """Who calls, what they call, and with which values; see `Runner` for `delivery`."""

    caller: Caller
    command: Command | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    clicked: bool = False
    delivery: str = ""


def _is_first(uow: UnitOfWork, delivery: str) -> bool:
    return uow.arrivals.record(hash_of(delivery), uow.now)


@dataclass(frozen=True)
class Runner:
    """Runs calls: opens the unit of work, finds the actor, checks rights, runs the command, words refusals.

    If a platform may deliver the same thing several times, its front passes a `delivery` id: the first one to
    arrive, at any replica, is handled, and the others are dropped with an empty reply.
    `system_administrators` are accounts as `issuer:subject`; `ways` are the ways to sign in on the web;
    `bounds` limit files; `native_syncs` look up roles and groups, by platform.
    """

    database: Database
    registry: Registry
    words: Words
    links: Links
    system_administrators: frozenset[str] = frozenset()
    limits: guessing.Limits = field(default_factory=guessing.Limits)
    ways: SignInWays = field(default_factory=SignInWays)
    bounds: Bounds = field(default_factory=Bounds)
    native_syncs: dict[Platform, NativeSync] = field(default_factory=dict)

    @call_reference.per_run
    async def run(
        self,
        path: str,
        caller: Caller,
        values: Mapping[str, Any] | None = None,
        *,
        clicked: bool = False,
        delivery: str = "",
    ) -> Reply:
        """Run a command with values as a person entered them, and return the reply."""
        command = self.registry.get(path)
        typed = values = values or {}
        refusal: Refusal | None = None
        try:
            if command is not None:
                values = await self._preparation.prepared(command, caller, values)
        except Refusal as refused:
            refusal = refused
        except Exception as broken:  # noqa: BLE001 - whatever broke, the person gets an answer
            return self._unprepared(path, broken)

        def unit(ctx: Context) -> Reply:
            if command is None:
                raise NotFound("command")
            if refusal is not None:
                raise refusal
            return handling.handle(ctx, command, self.limits)

        looks = command is not None and command.looks is not None and refusal is None
        call = _Call(caller, command, values, clicked, delivery)
        reply = await self._call(call, unit, looks=looks)
        if command is None or clicked or reply.option is None or reply.redraw is not None:
            return reply
        said = {name: as_typed(one) for name, one in typed.items() if isinstance(one, str | int)}
        form = (await self.form(Action(path, said), caller, fixed=False)).answer
        better = forms.correction(form, said, reply.option) if isinstance(form, Form) else None
        return replace(reply, correction=better)

    @cached_property
    def _preparation(self) -> Preparation:
        return Preparation(self.bounds, self.native_syncs, self._may)

    async def _may(
        self, command: Command, caller: Caller, values: Mapping[str, Any], unread: Collection[str]
    ) -> None:
        """Raise a refusal if the caller may not make the call; nothing is fetched for them then."""
        known = {name: value for name, value in values.items() if name not in unread}

        def unit(uow: UnitOfWork) -> None:
            rights.require(self._context(uow, _Call(caller, command, known)), command)

        await self.database.read(unit)

    def _unprepared(self, path: str, broken: Exception) -> Reply:
        """Reply that a file caused an error. Its message may quote the file, so only its type is logged."""
        told = {"command": path, "error": type(broken).__name__}
        _log.error("A file could not be prepared", extra=told)
        return Reply(self.words.failed(call_reference.begin()), refused=True)

    async def act(self, action: Action, caller: Caller, *, delivery: str = "") -> Reply:
        """Run the action of a button, a menu or a submitted form."""
        return await self.run(action.command, caller, action.values, clicked=True, delivery=delivery)

    def read(self, line: str, platform: Platform, attach: Attach | None = None) -> Typed | Refusal:
        """Parse a typed line, and find the files that it names; return the refusal if it cannot be parsed."""
        try:
            typed = grammar.parse(line, self.registry, self.links.slashes[platform])
        except Refusal as refusal:
            return refusal
        return replace(typed, values=files.with_files(typed, attach))

    async def type(self, line: str, caller: Caller) -> Reply:
        """Run a typed line; if a required option is missing, reply with the form."""
        return await self.typed(self.read(line, caller.platform), caller)

    async def typed(
        self, typed: Typed | Refusal, caller: Caller, *, delivery: str = "", complete: Complete | None = None
    ) -> Reply:
        """Run a line that `read` has parsed; `complete` adds what the platform knows about its values."""
        if isinstance(typed, Refusal):

            def refuse(_: Context) -> Reply:
                raise typed

            return await self._call(_Call(caller), refuse, reads=True)
        values = typed.values
        if complete is not None:
            values = await complete(typed.command, values)
        if missing(typed.command, values):
            said = {name: value for name, value in values.items() if isinstance(value, str)}
            action = Action(typed.command.path, said, ask=True)
            return await self.form(action, caller, fixed=False, delivery=delivery)
        return await self.run(typed.command.path, caller, values, delivery=delivery)

    async def form(
        self,
        action: Action,
        caller: Caller,
        *,
        fixed: bool = True,
        filled: Mapping[str, str] | None = None,
        delivery: str = "",
    ) -> Reply:
        """Reply with an action's form; with `fixed` it does not ask for the action's own values again.

        `filled` are further values with which the fields begin.
        """
        command = self.registry.get(action.command)
        action = replace(action, values=storable(action.values))

        def unit(ctx: Context) -> Reply:
            if command is None:
                raise NotFound("command")
            rights.require(ctx, command)
            if guessed:
                guessing.refuse_guesser(ctx.uow, caller, self.limits)
            return Reply(forms.form_for(ctx, command, action, fixed=fixed, filled=filled or {}))

        # `shapes` looks up the code to make the form, so a wrong code counts as a miss here, too.
        guessed = command is not None and command.shapes is not None and command.guessable
        # Its own mark: a form without fields is followed at once by its command, under the same delivery.
        mark = f"form {delivery}" if delivery else ""
        call = _Call(caller, command, action.values, delivery=mark)
        return await self._call(call, unit, reads=not guessed)

    async def suggest(
        self, path: str, option: str, typed: str, caller: Caller, values: Mapping[str, Any] | None = None
    ) -> Sequence[Item]:
        """Suggest values for an option while a person types; none if they may not use the command."""
        command = self.registry.get(path)
        wanted = command.option(option) if command else None
        if command is None or wanted is None:
            return ()

        def unit(uow: UnitOfWork) -> Sequence[Item]:
            ctx = self._context(uow, _Call(caller, command, values or {}))
            return forms.suggested(ctx, command, wanted, typed)

        return await self.database.read(unit)

    async def offered(self, caller: Caller) -> Sequence[Command]:
        """Return the commands that a person may use here, for fronts that can hide the others."""

        def unit(uow: UnitOfWork) -> Sequence[Command]:
            return rights.offered(self._context(uow, _Call(caller)))

        return await self.database.read(unit)

    @call_reference.per_run
    async def _call(
        self, call: _Call, unit: Callable[[Context], Reply], *, reads: bool = False, looks: bool = False
    ) -> Reply:
        command = call.command
        reads = reads or command is None or command.reads
        marked = bool(call.delivery) and not reads
        seen: object = None

        def on_a_reader(uow: UnitOfWork) -> object:
            ctx = self._context(uow, call)
            try:
                return handling.look(ctx)
            except Refusal as refusal:
                raise _Refused(self._refused(ctx, refusal)) from refusal

        def in_transaction(uow: UnitOfWork) -> Reply:
            if marked and not _is_first(uow, call.delivery):
                raise _Repeated
            ctx = self._context(uow, call)
            ctx.seen = seen
            try:
                return unit(ctx)
            except Refusal as refusal:
                if isinstance(refusal, Miss) and command is not None and command.guessable:
                    return self._missed(ctx, refusal)
                raise _Refused(self._refused(ctx, refusal)) from refusal

        try:
            try:
                seen = await self.database.read(on_a_reader) if looks else None
                return await self._transact(in_transaction, reads=reads)
            except _Refused as refused:
                # The mark was rolled back, too: store it, so that a repeated delivery is not run.
                first = not marked or await self.database.run(partial(_is_first, delivery=call.delivery))
                return refused.reply if first else Reply(repeated=True)
        except _Repeated:
            return Reply(repeated=True)
        except Exception as broken:  # noqa: BLE001 - whatever broke, the person gets an answer
            reference = call_reference.begin()
            _log.exception("A command failed", extra={"command": command.path if command else "?"})
            say = self.words.unsure if isinstance(broken, CommitUnknown) else self.words.failed
            return Reply(say(reference), refused=True)

    async def _transact(self, unit: Callable[[UnitOfWork], Reply], *, reads: bool) -> Reply:
        reply = await (self.database.read(unit) if reads else self.database.run(unit))
        if reply.note is not None:
            await self.database.run(reply.note)
        return await resolved(reply)

    def _refused(self, ctx: Context, refusal: Refusal) -> Reply:
        return replace(self.words.refused(ctx, refusal), refused=True, option=wrong_option(ctx, refusal))

    def _missed(self, ctx: Context, miss: Miss) -> Reply:
        """Refuse a wrong code, and record the miss: the handler has written nothing, so the unit commits."""
        try:
            guessing.record_miss(ctx.uow, ctx.actor.caller, self.limits)
        except TooManyMisses as too_many:
            return self._refused(ctx, too_many)
        return self._refused(ctx, miss)

    def _context(self, uow: UnitOfWork, call: _Call) -> Context:
        account = call.caller.account
        actor = Actor(
            caller=call.caller,
            person=uow.people.by_account(account),
            is_system_administrator=str(account) in self.system_administrators,
        )
        values = storable(call.values)
        return Context(uow, actor, call.command, self.registry, self.links, values, call.clicked, self.ways)
