"""Passwords, where the operator has people sign in with them: links that set them, and whose they are.

A password is set by a link alone, and a link is mailed alone. The slow hash is made by whoever calls,
outside of any transaction.
"""

from datetime import timedelta

from bot.core import access, audit, destinations, guessing, people, quotas
from bot.core.actors import AccountKey, Actor, Caller, Person, Platform
from bot.core.errors import (
    BadValue,
    NoAddress,
    NoMailServer,
    NotFound,
    PasswordElsewhere,
    PasswordsOff,
    PasswordTheirs,
)
from bot.core.guessing import Limit, Limits
from bot.core.ids import hash_of, new_id, new_token
from bot.core.notices import Audience, Notice, tell_instead
from bot.core.password_ports import Password, PasswordLink
from bot.core.people import email_key
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.system import SignIn
from bot.core.values import dataclass

LIFETIME = timedelta(hours=1)
ISSUER = SignIn.PASSWORD.value
KIND = "password"
AUDIENCES = frozenset({Audience.PASSWORD, Audience.FORGOTTEN})
# Stands for whoever has an address that nobody here has.
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Ways:
    """How people sign in on the web, as the operator has set it up, and whether mails go out.

    With `in_chat` it is known in a chat whose address is whose, as in the demo.
    """

    passwords: bool = False
    providers: tuple[str, ...] = ()
    mails: bool = False
    in_chat: bool = False

    @property
    def on_the_web(self) -> tuple[str, ...]:
        """Name all ways to sign in on the web."""
        return (*self.providers, *([ISSUER] if self.passwords else []))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whoever has shown that they know a password; `email` is theirs only as long as it is proved."""

    person: Person
    email: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Invited:
    """Whoever may choose a password by a link, and the address that the link went to."""

    person: Person
    address: str


def account(person_id: str) -> AccountKey:
    """Name the account that a person's password opens."""
    return AccountKey(ISSUER, person_id)


# Asking for a link.


def send_link(uow: UnitOfWork, actor: Actor, school: School, person_id: str, ways: Ways) -> Person:
    """Mail a member a link that sets their password, to their own address.

    Refuses with `PasswordTheirs` whoever has a chat to ask for it.
    """
    uow.schools.lock(school.id)
    access.require(uow, actor, Permission.MEMBER_EDIT, school)
    person = uow.people.by_id(person_id)
    if person is None or uow.members.of(school.id, person_id) is None:
        raise NotFound("member")
    people.refuse_above(uow, actor, school, person_id)
    if not _is_by_mail(uow, person):
        raise PasswordTheirs
    _queue(uow, person, ways)
    audit.record(uow, actor, "password.link_sent", f"person:{person_id}", school_id=school.id)
    return person


def send_own_link(uow: UnitOfWork, actor: Actor, ways: Ways) -> None:
    """Mail the actor a link that sets their password."""
    _refuse_elsewhere(uow, ways)
    _queue(uow, actor.met, ways)
    audit.record(uow, actor, "password.link_sent", f"person:{actor.met.id}")


def _is_by_mail(uow: UnitOfWork, person: Person) -> bool:
    """Tell whether a mail that they have not asked for by themselves may let somebody set a password.

    Whoever has a chat asks there, but for the address that they have proved: others write down addresses, and
    who came by one that is not theirs would be somebody else for good.
    """
    known, address = uow.passwords.of(person.id), uow.people.details(person.id).email
    proved = known is not None and known.email_key == email_key(address)
    return proved or not any(destinations.chat(key) for _, key in uow.people.accounts([person.id]))


def _queue(uow: UnitOfWork, person: Person, ways: Ways) -> None:
    _refuse_elsewhere(uow, ways)
    if not ways.mails:
        raise NoMailServer
    if not uow.people.details(person.id).email:
        raise NoAddress
    quotas.mail(uow)
    tell_instead(uow, _subject(person.id), Audience.PASSWORD, destinations.mailbox(person.id))


def _refuse_elsewhere(uow: UnitOfWork, ways: Ways) -> None:
    """Refuse where people do not sign in with passwords, and name with what they do."""
    allowed = uow.system.settings().allowed
    if providers := allowed(ways.providers):
        raise PasswordElsewhere(tuple(one.capitalize() for one in providers))
    if not (ways.passwords and allowed([ISSUER])):
        raise PasswordsOff


def ask(uow: UnitOfWork, typed: str, network: str, limits: Limits) -> None:
    """Mail a link to whoever has an address; for one that nobody has the same is done, and nobody is told.

    Refuses with `TooManyMisses` whoever asks too often, for one address or from one network address.
    """
    address = read_address(typed)
    asked = {f"link for {email_key(address)}": limits.account, f"link from {network}": limits.account}
    guessing.record(uow, asked, limits)
    person = uow.people.by_email(address)
    whose = person.id if person else _NOBODY
    if person is None:
        uow.people.details(whose)  # of somebody known it is read to see to which mail server it goes
    tell_instead(uow, _subject(whose), Audience.FORGOTTEN, destinations.mailbox(whose))


def _subject(person_id: str) -> str:
    return f"{KIND}:{person_id}"


def wanted(uow: UnitOfWork, notice: Notice) -> bool:
    """Tell whether a mail is still waited for; by whoever has forgotten theirs as long as a link lives.

    They ask again, or have asked; to them it would be a mail that they did not ask for, and a link that
    gives away everything. What an admin sends is waited for by nobody, so it is never too late.
    """
    if notice.audience is not Audience.FORGOTTEN:
        return True
    person = uow.accounts.current(notice.subject.partition(":")[2])
    return uow.now < notice.due_at + LIFETIME and (person is None or _is_by_mail(uow, person))


def mint(uow: UnitOfWork, notice: Notice) -> str:
    """Make the link's token for a mail that is about to go out; only the newest mail's link works."""
    person = uow.accounts.current(notice.subject.partition(":")[2])
    if person is None or not (address := uow.people.details(person.id).email):
        return ""
    uow.people.lock(person.id)
    token = new_token()
    link = PasswordLink(person.id, email_key(address), uow.now + LIFETIME)
    uow.passwords.add_link(hash_of(token), link, uow.now)
    if notice.audience is Audience.FORGOTTEN:
        # Asking leaves no trace, or strangers could fill the log; that a link was made is a fact.
        front = Platform.WEB.value
        audit.record_own(uow, "password.link_asked", _person(person), front=front, school_id=None, new={})
    return token


# Setting it.


def look(uow: UnitOfWork, token: str) -> Invited | None:
    """Find whose password a link sets; None for every link that does not work."""
    link = uow.passwords.link(hash_of(token), uow.now)
    return _invited(uow, link) if link else None


def _invited(uow: UnitOfWork, link: PasswordLink) -> Invited | None:
    """Tell whose link it is; of one whose address has changed it is nobody's."""
    person = uow.accounts.current(link.person_id)
    if person is None or person.id != link.person_id:
        return None
    address = uow.people.details(person.id).email
    return Invited(person, address) if email_key(address) == link.email_key else None


def set_by_link(uow: UnitOfWork, token: str, slow_hash: str) -> SignedIn | None:
    """Set a password by a link, which is used up; None where it does not work any more."""
    link = uow.passwords.link(hash_of(token), uow.now)
    if link is None:
        return None
    uow.accounts.lock([link.person_id])
    if uow.passwords.take_link(hash_of(token), uow.now) is None:
        return None  # somebody was faster
    found = _invited(uow, link)
    return store(uow, found, slow_hash) if found else None


def store(uow: UnitOfWork, whose: Invited, slow_hash: str) -> SignedIn:
    """Store a password that was proved with an address; all sessions and links end. Holds their lock."""
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


# Signing in.


def read_address(typed: str) -> str:
    """Read an address that somebody signs in with; what is none is nobody's.

    What cannot be shown is no longer asked about: not every database takes it.
    """
    try:
        return people.read_email(typed)
    except BadValue:
        return typed if typed.isprintable() else ""


def counted(address: str, network: str, limits: Limits) -> dict[str, Limit]:
    """Say whose misses wrong passwords are: of whoever has the address, known or not, and of the network."""
    return {
        f"password of {email_key(address)}": limits.account,
        guessing.address_of(network): limits.address,
    }


def find(uow: UnitOfWork, address: str) -> Password | None:
    """Find the password of whoever has an address. Of an unknown one the same is asked."""
    person = uow.people.by_email(address)
    return uow.passwords.of(person.id if person else _NOBODY)


def enter(uow: UnitOfWork, known: Password, tried: dict[str, Limit], *, fresh: str = "") -> SignedIn | None:
    """Let in whoever has typed the right password, unless it was changed meanwhile.

    Of many tries at once those that come after too many wrong ones are refused, right or wrong. `fresh`
    is a hash of the same password by today's parameters.
    """
    for whose in tried:
        uow.misses.hold(whose)
    guessing.refuse(uow, tried)
    if fresh:
        uow.passwords.rehash(known.person_id, fresh, epoch=known.epoch)
    return still(uow, known.person_id, known.epoch)


def still(uow: UnitOfWork, person_id: str, epoch: str) -> SignedIn | None:
    """Tell who has a session now; None where it is over because the password is another or gone."""
    known, person = uow.passwords.of(person_id), uow.people.by_account(account(person_id))
    if known is None or person is None or known.epoch != epoch:
        return None
    address = uow.people.details(person_id).email
    return SignedIn(person, address if email_key(address) == known.email_key else "", epoch)


# What becomes of it.


def absorb(uow: UnitOfWork, source_id: str, target_id: str) -> None:
    """Of two who proved to be one keep the target's password, else the source's; its sessions end."""
    moved = uow.passwords.absorb(source_id, target_id)
    uow.accounts.unlink(account(source_id), target_id)
    if moved:
        uow.accounts.link(account(target_id), target_id, uow.now)
