"""The contract of every store for schools' settings, billing details, and the counts of quotas."""

from datetime import date, time, timedelta

from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.people.members import Standing, Visibility
from bot.core.ports import UnitOfWork
from bot.core.requests.questions import Answer, Question
from bot.core.rights.actors import Platform
from bot.core.schools.billing import BillingDetails
from bot.core.schools.calendar import Weekday
from bot.core.schools.districts import District
from bot.core.schools.holidays import Holiday
from bot.core.schools.schools import SchoolAccess
from bot.core.schools.settings import SchoolSettings
from bot.core.schools.system import SignIn, SystemSettings, WhoMayInvite
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store

ALL = SchoolSettings(
    digest_at=time(7, 30),
    digest_days=(Weekday.MON, Weekday.SUN),
    holidays=(Holiday(date(2026, 12, 21), date(2027, 1, 6)), Holiday(date(2027, 5, 1), date(2027, 5, 1))),
    remind_hours=1,
    escalate_hours=2,
    lapse_days=3,
    invitee_reminders=False,
    most_open=4,
    longest_days=5,
    most_uses=6,
    most_removed=7,
    questions=(Question("Wäs? “1”"), Question("Why?", required=False)),
)


async def test_schools_whose_requests_get_other_times_are_noted_and_named(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, elm = (build.school(uow, name) for name in ("Maple", "Oak", "Elm"))
        for one in (maple, oak, elm):
            uow.settings.save(one.id, ALL)
        assert list(uow.settings.to_reschedule(9)) == []
        uow.settings.reschedule(maple.id, "01")
        uow.settings.reschedule(oak.id, "")
        assert list(uow.settings.to_reschedule(9)) == [(oak.id, ""), (maple.id, "01")]
        assert list(uow.settings.to_reschedule(1)) == [(oak.id, "")]
        uow.settings.save(maple.id, ALL)
        uow.settings.reschedule(oak.id, None)
        assert list(uow.settings.to_reschedule(9)) == [(maple.id, "01")]
        assert uow.settings.of(maple.id) == ALL

    await store.run(unit)


async def test_settings_of_a_school_are_kept_and_changed(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        assert uow.settings.of(maple.id) == SchoolSettings()
        for kept in (ALL, replace(ALL, digest_at=None, holidays=(), questions=())):
            uow.settings.save(maple.id, kept)
            assert uow.settings.of(maple.id) == kept
        assert uow.settings.of(oak.id) == SchoolSettings()

    await store.run(unit)


async def test_bills_are_kept_and_changed(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        assert uow.settings.billing(maple.id) == BillingDetails()
        for kept in (
            BillingDetails("Nia", "n@example.org", "1 Maple St\nMaple", "PO 7"),
            BillingDetails("Leo"),
        ):
            uow.settings.save_billing(maple.id, kept)
            assert uow.settings.billing(maple.id) == kept

    await store.run(unit)


async def test_settings_of_the_system_are_kept_and_changed(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        assert uow.system.settings() == SystemSettings()
        kept = SystemSettings(WhoMayInvite.DISTRICT_ADMINS, (SignIn.SLACK, SignIn.GOOGLE), 1, 2, 3)
        for one in (kept, replace(kept, sign_in=(), mails_a_day=0)):
            uow.system.save(one)
            uow.system.lock()
            assert uow.system.settings() == one

    await store.run(unit)


async def test_schools_of_a_district_have_different_names(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = (District(build.fresh_id(), name, build.tick()) for name in ("North", "South"))
        for one in (north, south):
            uow.districts.add(one)
        maple = build.school(uow, "Maple", district_id=north.id)
        beside = replace(maple, id=build.fresh_id(), name="MAPLE")
        assert not uow.schools.add(beside)
        assert uow.schools.by_id(beside.id) is None
        for elsewhere in ({"district_id": south.id}, {"district_id": None}, {"archived_at": build.tick()}):
            assert uow.schools.add(replace(beside, id=build.fresh_id(), **elsewhere))
        other = replace(beside, id=build.fresh_id(), name="Oak")
        assert uow.schools.add(other)
        assert not uow.schools.save(replace(other, name="maple", zone="Europe/Berlin"))
        assert uow.schools.by_id(other.id) == other
        assert uow.schools.save(replace(maple, name="maple"))

    await store.run(unit)


async def test_public_schools_page_by_page_and_by_whole_name(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        names = ("Beech", "beech", "Alder Beech", "Cedar")
        made = [build.school(uow, name, access=SchoolAccess.PUBLIC) for name in names]
        build.school(uow, "Beech hidden")
        listed = [made[2], made[0], made[1], made[3]]
        assert list(uow.schools.find_public("", 9)) == listed
        seen, after = [], None
        while page := uow.schools.find_public("", 1, after=after):
            (after,) = page
            seen.append(after)
        assert seen == listed
        assert list(uow.schools.find_public("BEECH", 9, whole=True)) == made[:2]
        assert list(uow.schools.find_public("alder", 9, whole=True)) == []

    await store.run(unit)


async def test_what_quotas_count(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia, leo, eve = (build.person(uow, name) for name in ("Ada", "Nia", "Leo", "Eve"))
        build.membership(uow, maple, ada)
        build.membership(uow, maple, nia, Standing.PENDING)
        off = build.membership(uow, maple, leo)
        assert uow.members.change(replace(off, visibility=Visibility.ARCHIVED), expected=off)
        build.membership(uow, oak, eve)
        assert uow.members.count_seats(maple.id) == 1
        now = build.tick()
        for settings in (
            {},
            {"uses_allowed": 2, "uses_taken": 1, "expires_at": now + timedelta(days=1)},
            {"uses_allowed": 1, "uses_taken": 1},
            {"expires_at": now},
            {"revoked_at": now, "revoked_by": ada.id},
            {"locked_at": now},
        ):
            build.invitation(uow, maple, ada, **settings)
        build.invitation(uow, oak, ada)
        assert uow.invitations.count_usable(maple.id, now) == 2
        assert uow.invitations.count_made_since(maple.id, now) == 6
        assert uow.invitations.count_made_since(maple.id, build.tick()) == 0

    await store.run(unit)


async def test_mails_are_counted_by_when_they_are_due(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        now = build.tick()
        mail, chat = Destination(Platform.EMAIL, account="a"), Destination(Platform.SLACK, account="a")
        for number, (to, due) in enumerate(((mail, now), (mail, now + timedelta(days=9)), (chat, now))):
            uow.outbox.add(Notice(build.fresh_id(), str(number), "invitation:1", Audience.APPLICANT, to, due))
        later, moment = now + timedelta(days=9), timedelta(microseconds=1)
        assert uow.outbox.mails_between(now - moment, later + moment) == 2
        assert uow.outbox.mails_between(now, later + moment) == 1
        assert uow.outbox.mails_between(now - moment, later) == 1
        assert uow.outbox.mails_between(now, later) == 0

    await store.run(unit)


async def test_answers_and_lateness_stay_with_a_request(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, nia = build.school(uow), build.person(uow, "Nia")
        given = (Answer("Which class?", "4b “blue”"), Answer("Why?", "Ñandú"))
        made = build.join_request(uow, maple, nia, answers=given, late="expired")
        assert uow.join_requests.by_id(made.id) == made

    await store.run(unit)
