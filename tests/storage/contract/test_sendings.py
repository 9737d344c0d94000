"""The contract of every store for sending invitations: progress, links in mails, withdrawn notices."""

from datetime import timedelta

from bot.core.ids import hash_of
from bot.core.invitations.addressees import Addressee, Way
from bot.core.invitations.invitations import Invitation
from bot.core.invitations.sending_ports import DueInvitation
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.outbox import take_all
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

HOUR = timedelta(hours=1)
MAIL = Destination.by_mail("invitation:1")


def _addressed(uow: UnitOfWork) -> Invitation:
    to = Addressee(build.person(uow, "Nia").id, "Nia", "nia@example.org", way=Way.EMAIL)
    return build.invitation(uow, build.school(uow), build.person(uow), to=to)


def _notice(uow: UnitOfWork, audience: Audience, subject: str = "invitation:1", **more: str) -> Notice:
    made = Notice(build.fresh_id(), build.fresh_id(), subject, audience, MAIL, START, **more)  # type: ignore[arg-type]
    uow.outbox.add(made)
    return made


async def test_how_far_an_invitation_has_come(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made, other = _addressed(uow), _addressed(uow)
        uow.sendings.save_status(made.id, send_at=START, sent_at=START + HOUR, error="refused")
        found, untouched = uow.invitations.by_id(made.id), uow.invitations.by_id(other.id)
        assert found is not None
        assert found.to is not None
        assert (found.to.send_at, found.to.sent_at, found.to.send_error) == (START, START + HOUR, "refused")
        assert (found.to.name, found.to.email, found.to.way) == ("Nia", "nia@example.org", Way.EMAIL)
        assert untouched == other
        uow.sendings.save_status(made.id, send_at=None, sent_at=None, error="")
        assert uow.invitations.by_id(made.id) == made

    await store.run(unit)


async def test_links_of_mails(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made, other = _addressed(uow), _addressed(uow)
        for token, of in (("a", made), ("b", made), ("c", other)):
            uow.sendings.add_link(hash_of(token), of.id, START)
        assert uow.invitations.by_token("a") == uow.invitations.by_token("b") == made
        assert uow.invitations.by_token("d") is None
        assert uow.invitations.by_token(hash_of("a")) is None
        assert uow.invitations.by_token(made.token) == made
        uow.sendings.drop_links(made.id)
        assert [uow.invitations.by_token(one) for one in "abc"] == [None, None, other]
        assert uow.invitations.by_token(made.token) == made

    await store.run(unit)


async def test_what_waits_is_taken_back_and_nothing_else(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        wanted = Audience.ADDRESSEE_BY_MAIL
        sent, gone = _notice(uow, wanted), _notice(uow, wanted)
        uow.outbox.mark_delivered(sent.id, START)
        uow.outbox.give_up(gone.id, START, error="gone")
        _notice(uow, wanted)
        kept = [
            _notice(uow, Audience.INVITER),
            _notice(uow, wanted, "invitation:2"),
            _notice(uow, wanted, copy_id=build.fresh_id()),
        ]
        assert uow.outbox.count_waiting() == 4
        uow.outbox.drop("invitation:1", wanted)
        claimed = take_all(uow)
        assert {one.id for one in claimed} == {one.id for one in kept}

    await store.run(unit)


async def test_what_was_no_attempt_is_not_counted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = _notice(uow, Audience.INVITER)
        uow.outbox.postpone(made.id, try_at=START, error="ours", counts=False)
        (found,) = take_all(uow)
        assert found.attempts == 0
        uow.outbox.postpone(made.id, try_at=START, error="theirs")
        (found,) = take_all(uow)
        assert found.attempts == 1

    await store.run(unit)


async def test_what_waits_at_one_place_is_taken_back_there_alone(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        places = [Destination.direct(AccountKey("web", name)) for name in ("ada", "omar")]
        for to in (*places, Destination(places[0].platform, "W", "general")):
            uow.outbox.add(Notice(build.fresh_id(), str(to), "invitation:1", Audience.INVITER, to, START))
        uow.outbox.drop("invitation:1", Audience.INVITER, MAIL)
        uow.outbox.drop("invitation:1", Audience.INVITER, places[0])
        left = uow.outbox.places("invitation:1", Audience.INVITER)
        assert list(left) == [places[1], Destination(places[0].platform, "W", "general")]
        assert list(uow.outbox.places("invitation:1", Audience.ADDRESSEE)) == []
        assert list(uow.outbox.places("invitation:2", Audience.INVITER)) == []
        uow.outbox.drop("invitation:1", Audience.INVITER)
        assert list(uow.outbox.places("invitation:1", Audience.INVITER)) == []

    await store.run(unit)


async def test_the_next_step_is_when_it_expires_until_another_is_stored(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, maple = build.person(uow), build.school(uow)
        made = build.invitation(uow, maple, ada, expires_at=START + HOUR)
        early = build.invitation(uow, maple, ada, expires_at=START)
        build.invitation(uow, maple, ada)
        due = uow.sendings.due
        steps = [DueInvitation(one.id, maple.id, one.expires_at or START) for one in (early, made)]
        assert list(due(START + HOUR, 9)) == steps
        assert list(due(START + HOUR, 1)) == list(due(START, 9)) == steps[:1]
        assert not uow.sendings.advance_step(made.id, None, expected=START)
        assert uow.sendings.advance_step(made.id, START + 2 * HOUR, expected=START + HOUR)
        assert not uow.sendings.advance_step(made.id, None, expected=START + HOUR)
        assert uow.sendings.advance_step(early.id, None, expected=START)
        assert list(due(START + HOUR, 9)) == []
        uow.sendings.schedule_step(early.id, START)
        assert [one.id for one in due(START + 2 * HOUR, 9)] == [early.id, made.id]

    await store.run(unit)


async def test_another_expiry_moves_the_next_step(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = replace(_addressed(uow), expires_at=START + 2 * HOUR)
        assert uow.addressed.renew(made)
        assert [one.due_at for one in uow.sendings.due(START + 9 * HOUR, 9)] == [START + 2 * HOUR]

    await store.run(unit)


async def test_what_a_person_could_not_send_lately_latest_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school, maker, who = build.school(uow), build.person(uow), build.person(uow, "Nia")
        now, since = START + 9 * HOUR, START + HOUR

        def made(sent: int, error: str, of: School = school, by: Person = maker, **settings: object) -> str:
            to = Addressee(who.id, "Nia", "nia@example.org", way=Way.EMAIL)
            one = build.invitation(uow, of, by, uses_allowed=1, to=to, **settings)
            uow.sendings.save_status(one.id, send_at=START + sent * HOUR, sent_at=None, error=error)
            return one.id

        first, last = made(2, "refused"), made(4, "unreachable")
        late = made(3, "late", expires_at=START + 3 * HOUR)
        made(0, "refused")  # too long ago
        made(5, "")  # on its way
        made(5, "refused", expires_at=START + 6 * HOUR)
        made(5, "refused", revoked_at=START + 6 * HOUR)
        made(5, "refused", build.school(uow, "Oak"))
        made(5, "refused", by=build.person(uow))
        wanted = (school.id, maker.id, since, now)
        assert list(uow.sendings.unreached(*wanted, limit=9)) == [last, late, first]
        assert list(uow.sendings.unreached(*wanted, limit=2)) == [last, late]
        assert [uow.sendings.count_unreached(*wanted, most=most) for most in (9, 2)] == [3, 2]

    await store.run(unit)
