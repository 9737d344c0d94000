"""A person who has left traces everywhere is erased: nothing about them is left in the database."""

from datetime import timedelta
from pathlib import Path

from bot.chat.replies import Card, Form
from bot.core.following.ports import Difference, Differs
from bot.core.ids import new_id
from bot.core.notices.notices import Destination
from bot.core.people import erasure
from bot.core.people.password_ports import Password, PasswordLink
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Person, Platform
from bot.core.rosters import planning
from bot.core.rosters.imports import Options, Place
from bot.core.rosters.rows import read
from bot.core.schools.districts import District
from bot.core.scim import groups, users
from bot.core.scim.groups import Edit
from bot.core.scim.model import Address, Wanted
from bot.core.scim.tokens import acting_for
from bot.core.values import replace
from bot.storage.tables import metadata
from tests.core.door import Door, actions_in, as_, door_of, maple
from tests.core.invited import signed_in
from tests.core.oneroster.town import Town, role, user
from tests.core.people.test_accounts import linking_code
from tests.core.people.test_erasure import CANARY, files_with_it
from tests.core.rostering import sheet
from tests.storage import followings
from tests.world import START, World, caller

MARK = CANARY
NORA = replace(caller(f"{MARK}web"), name="Canary Finch")
DESK = replace(caller(f"{MARK}desk", platform=Platform.SLACK, workspace="T1"), name="Canary at work")

# What is held about persons stands in these; all else holds ids, names of places, and hashes. Besides, an
# account's id stays with a thing that is to be taken from it, until it is, and with a ban.
OF_PERSONS = {
    *("persons", "person_emails", "accounts", "member_texts", "join_requests", "invitations"),
    *("invitation_batches", "outbox", "card_copies", "broadcasts", "bulk_jobs", "billing_details"),
    *("roster_rows", "scim_users", "oneroster_users", "oneroster_grants", "follow_differences"),
    *("passwords", "password_links"),
}


class _Chat:
    """A platform that accepts every card."""

    async def post(self, to: Destination, card: Card, key: str = "") -> tuple[str, str]:  # noqa: ARG002
        return str(to), key

    async def redraw(self, to: Destination, channel: str, message: str, card: Card) -> None:
        """Accept another card in place of one."""


async def _asks_and_decides(door: Door) -> None:
    """Join by a code, be an admin for a while, send broadcasts, decide requests, link accounts."""
    await maple(door, 'approval:"by request"', invite="/invite create uses:1 note:for-the-canary")
    await door.says(NORA, f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.clicks("ada", "request approve", request=request.id, role="School Admin")
    details = "first_name:Canary last_name:Finch email:canary@example.org educator_id:canary-77"
    await door.says("ada", f'/member edit person:"{NORA.name}" {details}')
    await door.says(NORA, '/invite create note:"the canary sings" label:canary')
    await door.says(NORA, "/invite batch count:2 label:canary-cage")
    await door.says("theo", f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.clicks(NORA, "request reject", request=request.id, reason="canary says no")
    await door.says(DESK, f"/homeroom account link {await linking_code(door, NORA)}")
    await door.says(NORA, "/message send subject:Canary text:Sings")


async def _is_spoken_of(door: Door) -> None:
    """Be searched for, imported, invited, and named in billing details by others."""
    await door.says("ada", "/school bill_to name:Canary email:CANARY@example.org reference:PO-7")
    plan = actions_in(await door.says("ada", "/bulk plan act:archive search:canary"))["Apply"]
    await door.clicks("ada", plan.command, **plan.values)
    await door.says("ada", '/member restore person:"Canary Finch"')
    await door.says("ada", '/invite person to:<@canaryto> name:"Canary Two" roles:Staff')
    (letter, *_) = await door.invitations()
    await door.says("ada", f"/invite send {letter.code}")
    assert "Apply" in actions_in(await door.says("ada", "/bulk plan act:suspend search:canary"))

    def planned(uow: UnitOfWork) -> None:
        (school,) = uow.schools.linked_to(NORA.workspace)  # type: ignore[arg-type]
        row = ("canary@example.org", "Canary", "Finch", "", "Staff", "canary maths", "7", "C", "canary-78")
        found = read(sheet(row, ("leo@example.org", "Leo", "Marsh")))
        planning.plan(uow, as_(uow, "ada"), Place(school), found, Options())
        thing = followings.thing(uow, school, "Staff")
        uow.followings.set_differences(
            thing.id, [Difference(thing.id, "canaryone", Differs.EXTRA, "Canary over there")]
        )
        person = uow.people.by_account(NORA.account)
        assert person is not None
        uow.accounts.link(AccountKey("discord", "canaryone"), person.id, START)

    await door.database.run(planned)


async def _signs_in_on_the_web(door: Door) -> None:
    """Ask by a page with a proved address and an answer, and be invited by mail with a note."""
    await door.says("ada", '/school questions question_1:"Who sent you?"')
    await door.says("ada", "/invite create")
    web = signed_in(f"{MARK}web", f"{MARK}4@example.org")
    asked = (await door.says(web, f"/join {await door.code()}")).answer
    assert isinstance(asked, Form)
    answers = {one.option.name: "the canary itself" for one in asked.fields}
    await door.clicks(web, asked.action.command, **{**asked.action.values, **answers})
    line = f'/invite person to:{MARK}5@example.org name:"Canary Five" note:"dear canary"'
    await door.says("ada", line)
    letter = next(one for one in await door.invitations() if one.to and one.to.email)
    await door.says("ada", f"/invite send {letter.code}")
    await door.says("ada", "/message send subject:Trip text:Hello search:canary")


async def _comes_by_directories(world: World, door: Door) -> None:
    """Be in an identity provider and in an information system, and sign in with a password."""
    town = Town(world.database, world.clock, Path(world.folders), District(new_id(START), "North", START))
    await town.open()
    town.write([user(f"{MARK}sis")], [role(f"{MARK}sis")])
    await town.sync()

    def provided(uow: UnitOfWork) -> None:
        provider = acting_for(town.district.id)
        wanted = Wanted(f"{MARK}.scim", "canary-ext", "Canary", "Three", Address("canary3@example.org"))
        made = users.create(uow, provider, wanted).account.person_id
        groups.create(uow, provider, Edit("Teachers", None, add=frozenset({made})))
        key = "canary3@example.org"
        uow.passwords.save(Password(made, "hash", key, "epoch", uow.now))
        link = PasswordLink(made, key, uow.now + timedelta(hours=1))
        uow.passwords.add_link("0" * 64, link, uow.now)

    await door.database.run(provided)


def _persons(uow: UnitOfWork) -> list[Person]:
    """Return all persons whose name has the mark, except for erased ones."""
    found = uow.members.connection.execute(metadata.tables["persons"].select()).all()  # type: ignore[attr-defined]
    return [Person(one.id, one.name) for one in found if MARK in one.name.casefold() and not one.merged_into]


async def _told(door: Door) -> dict[str, list[str]]:
    """Return the rows that have the mark, by table."""
    found = {
        name: [row for row in table if MARK in row.casefold()]
        for name, table in (await door.tables()).items()
    }
    return {name: some for name, some in found.items() if some}


async def test_nothing_tells_of_whoever_was_erased(world: World, tmp_path: Path) -> None:
    door = door_of(world)
    world.notifiers[Platform.WEB] = world.notifiers[Platform.SLACK] = _Chat()
    await _comes_by_directories(world, door)
    await _asks_and_decides(door)
    await world.deliver()
    await _is_spoken_of(door)
    await _signs_in_on_the_web(door)
    await door.says(NORA, "/account link")
    assert set(await _told(door)) == OF_PERSONS

    def erase(uow: UnitOfWork) -> None:
        for person in _persons(uow):
            keys = [key for _, key in uow.people.accounts([person.id])]
            key = keys[0] if keys else AccountKey("web", "nobody")
            erasure.own(uow, Actor(replace(NORA, account=key), person), confirmed=True)

    await door.database.run(erase)
    await world.deliver()
    assert await _told(door) == {}
    await world.database.close()
    assert not files_with_it(tmp_path)
