"""Passwords, where people sign in with them, and the links that set them.

A password is set only by a link, and links are only ever e-mailed. Callers make the slow hash, outside of
units.
"""

from datetime import timedelta

from bot.core import audit
from bot.core.email_addresses import email_key, read_email
from bot.core.errors import (
    BadValue,
    MemberSetsPassword,
    NoAddress,
    NoMailServer,
    NotFound,
    PasswordsOff,
    PasswordsWithProvider,
)
from bot.core.ids import hash_of, new_id, new_token
from bot.core.invitations import guessing
from bot.core.invitations.guessing import Limit, Limits
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, Notice, tell_instead
from bot.core.people import people
from bot.core.people.password_ports import Password, PasswordLink
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import AccountKey, Actor, Caller, Person, Platform
from bot.core.rights.permissions import Permission
from bot.core.schools import quotas
from bot.core.schools.schools import School
from bot.core.schools.system import SignIn
from bot.core.values import dataclass

LIFETIME = timedelta(hours=1)
# How many links may be asked for from one network address: a whole school may share one.
_ONE_NETWORK = Limit(60, timedelta(minutes=15))
ISSUER = SignIn.PASSWORD.value
KIND = "password"
AUDIENCES = frozenset({Audience.PASSWORD, Audience.FORGOTTEN})
# A stand-in id for the owner of an address that nobody here has.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class SignInWays:
    """How the operator lets people sign in on the web, and whether e-mails can be sent.

    `in_chat` means that the chat itself vouches for people's addresses, as in the demo.
    """

    passwords: bool = False
    providers: tuple[str, ...] = ()
    mails: bool = False
    in_chat: bool = False

    @property
    def on_the_web(self) -> tuple[str, ...]:
        """The names of all ways to sign in on the web."""
        return (*self.providers, *([ISSUER] if self.passwords else []))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who has proved that they know their password.

    `email` is their address if they have proved that it is theirs, else empty.
    """

    person: Person
    email: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Invited:
    """The person who may choose a password by a link, and the address to which the link was mailed."""

    person: Person
    address: str


def account(person_id: str) -> AccountKey:
    """Return the account that a person signs in to with their password."""
    return AccountKey(ISSUER, person_id)


# Asking for a link.


def send_link(uow: UnitOfWork, actor: Actor, school: School, person_id: str, ways: SignInWays) -> None:
    """Mail a member a link that sets their password, to their own address.

    Refuses with `MemberSetsPassword` if the member can ask for the link in a chat.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.MEMBER_EDIT, school)
    person = uow.people.by_id(person_id)
    if person is None or uow.members.of(school.id, person_id) is None:
        raise NotFound("member")
    people.refuse_above(uow, actor, school, person_id)
    _refuse_elsewhere(uow, ways)
    if not _is_by_mail(uow, person):
        raise MemberSetsPassword
    _queue(uow, person, ways)
    audit.record(uow, actor, "password.link_sent", f"person:{person_id}", school_id=school.id)


def send_own_link(uow: UnitOfWork, actor: Actor, ways: SignInWays) -> None:
    """Mail the actor a link that sets their password."""
    _refuse_elsewhere(uow, ways)
    _queue(uow, actor.known_person, ways)
    audit.record(uow, actor, "password.link_sent", f"person:{actor.known_person.id}")


def _is_by_mail(uow: UnitOfWork, person: Person) -> bool:
    """Tell whether a person may be mailed a password link that they did not ask for themselves.

    People with a chat account ask there instead, unless they have proved the address before: addresses are
    entered by others, and a wrong one would hand the person's identity to a stranger for good.
    """
    known, address = uow.passwords.of(person.id), uow.people.details(person.id).email
    proved = known is not None and known.email_key == email_key(address)
    return proved or not any(destinations.chat(key) for _, key in uow.people.accounts([person.id]))


def _queue(uow: UnitOfWork, person: Person, ways: SignInWays) -> None:
    if not ways.mails:
        raise NoMailServer
    if not uow.people.details(person.id).email:
        raise NoAddress
    quotas.mail(uow)
    tell_instead(uow, _subject(person.id), Audience.PASSWORD, destinations.mailbox(person.id))


def _refuse_elsewhere(uow: UnitOfWork, ways: SignInWays) -> None:
    """Refuse where people do not sign in with passwords, and name the providers to use instead."""
    allowed = uow.system.settings().allowed
    if providers := allowed(ways.providers):
        raise PasswordsWithProvider(tuple(one.capitalize() for one in providers))
    if not (ways.passwords and allowed([ISSUER])):
        raise PasswordsOff


def ask(uow: UnitOfWork, typed: str, network: str, limits: Limits) -> None:
    """Mail a link to the person who has an address; for an unknown one do the same work, and send nothing.

    Refuses with `TooManyMisses` when too many are asked for, for one address or from one network address.
    """
    address = read_address(typed)
    asked = {f"link for {email_key(address)}": limits.account, f"link from {network}": _ONE_NETWORK}
    guessing.record(uow, asked, limits)
    person = uow.people.by_email(address)
    whose = person.id if person else NOBODY
    if person is None:
        uow.people.details(whose)  # the same query as for a known person, whose mail server is looked up
    tell_instead(uow, _subject(whose), Audience.FORGOTTEN, destinations.mailbox(whose))


def _subject(person_id: str) -> str:
    return f"{KIND}:{person_id}"


def wanted(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether the e-mail with a link should still be sent.

    A link for a forgotten password is dropped once it would have expired: people ask again, and would then
    get a mail that they did not ask for. A link that an admin or the person's own command sent never goes
    stale.
    """
    if notice.audience is not Audience.FORGOTTEN:
        return True
    person = uow.accounts.current(notice.subject.partition(":")[2])
    return uow.now < notice.due_at + LIFETIME and (person is None or _is_by_mail(uow, person))


def mint(uow: UnitOfWork, notice: Notice) -> str:
    """Make the token for an e-mail about to go out; "" without an address. Only the newest link works."""
    person = uow.accounts.current(notice.subject.partition(":")[2])
    if person is None or not (address := uow.people.details(person.id).email):
        return ""
    uow.people.lock(person.id)
    token = new_token()
    link = PasswordLink(person.id, email_key(address), uow.now + LIFETIME)
    uow.passwords.add_link(hash_of(token), link, uow.now)
    if notice.audience is Audience.FORGOTTEN:
        # Asking is not audited, or strangers could fill the log; that a link was made is.
        front = Platform.WEB.value
        audit.record_without_actor(
            uow, "password.link_asked", _person(person), front=front, school_id=None, new={}
        )
    return token


# Setting it.


def look(uow: UnitOfWork, token: str) -> Invited | None:
    """Find whose password a link sets; None if the link does not work."""
    link = uow.passwords.link(hash_of(token), uow.now)
    return _invited(uow, link) if link else None


def _invited(uow: UnitOfWork, link: PasswordLink) -> Invited | None:
    """Find the person whose password a link sets; None if their e-mail address has changed since."""
    person = uow.accounts.current(link.person_id)
    if person is None or person.id != link.person_id:
        return None
    address = uow.people.details(person.id).email
    return Invited(person, address) if email_key(address) == link.email_key else None


def set_by_link(uow: UnitOfWork, token: str, slow_hash: str) -> SignedIn | None:
    """Set a password by a link, and use the link up; None if it does not work any more."""
    link = uow.passwords.link(hash_of(token), uow.now)
    if link is None:
        return None
    uow.accounts.lock([link.person_id])
    if uow.passwords.take_link(hash_of(token), uow.now) is None:
        return None  # somebody was faster
    found = _invited(uow, link)
    return store(uow, found, slow_hash) if found else None


def store(uow: UnitOfWork, whose: Invited, slow_hash: str) -> SignedIn:
    """Store a password for a person who has proved their address; their sessions and links end."""
    person = whose.person
    epoch = new_id(uow.now)
    uow.passwords.save(Password(person.id, slow_hash, email_key(whose.address), epoch, uow.now))
    uow.passwords.drop_links(person.id)
    uow.accounts.link(account(person.id), person.id, uow.now)
    own = Actor(Caller(account(person.id), person.name, Platform.WEB), person)
    audit.record(uow, own, "password.set", _person(person))
    return SignedIn(person, whose.address, epoch)


def _person(person: Person) -> str:
    return f"person:{person.id}"


def read_address(typed: str) -> str:
    """Return the normalized form of an address that a person signs in with.

    Anything else is kept as typed, or becomes "" if it is unprintable: not every database accepts that in a
    query.
    """
    try:
        return read_email(typed)
    except BadValue:
        return typed if typed.isprintable() else ""


# After a merge.


def absorb(uow: UnitOfWork, source_id: str, target_id: str) -> None:
    """Of two people who are merged, keep the target's password, else the source's.

    The source's sessions and links end.
    """
    moved = uow.passwords.absorb(source_id, target_id)
    uow.accounts.unlink(account(source_id), target_id)
    if moved:
        uow.accounts.link(account(target_id), target_id, uow.now)
