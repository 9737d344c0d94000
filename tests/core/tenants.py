"""Attackers, and the schools that they must not reach, for the cross-tenant matrix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core import audit
from bot.core.bulk.acts import Act
from bot.core.bulk.planning import Item, Job, JobState
from bot.core.following.ports import Difference, Differs, Follower, NativeKind
from bot.core.ids import new_code, new_id, new_token
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.invitations.batches import Batch
from bot.core.invitations.invitations import Invitation, Redemption
from bot.core.messages.broadcasts import Broadcast, BroadcastState, DeliveryMethod
from bot.core.messages.templates import MessageTemplate
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.oneroster.model import Org, Run, RunState, Source
from bot.core.people.members import Membership, Standing
from bot.core.people.people import PersonDetails
from bot.core.people.people_filter import PeopleFilter, Status
from bot.core.ports import UnitOfWork
from bot.core.requests import approving
from bot.core.requests.join_requests import JoinRequest
from bot.core.requests.questions import Question
from bot.core.rights.actors import AccountKey, Actor, Caller, Person, Platform, WorkspaceKey
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import DISTRICT_ADMIN, DISTRICT_USER, SCHOOL_ADMIN, STAFF
from bot.core.rosters.imports import ImportState, Options, RosterDetails, RosterImport, Step, StepKind
from bot.core.schools.districts import District
from bot.core.schools.schools import School, Workspace
from bot.core.schools.settings import SchoolSettings
from bot.core.scim.model import Group, Token
from bot.core.values import replace
from tests.storage import build
from tests.world import BASE_URL, caller

HERE, THERE = WorkspaceKey(Platform.WEB, "playground"), WorkspaceKey(Platform.WEB, "elsewhere")


@dataclass(frozen=True)
class Tenant:
    """A school with one thing of each kind, and the ids and names by which these can be named.

    `secrets` are words that nobody outside of the school may read.
    """

    where: str
    school: School
    ids: Mapping[str, Sequence[str]]
    secrets: Sequence[str]


@dataclass(frozen=True)
class Land:
    """The attackers, their own school, and the schools that are foreign to each of them."""

    own: Tenant
    foreign: Sequence[Tenant]
    attackers: Mapping[str, Caller]
    out_of_reach: Mapping[str, Sequence[str]]


def settle(uow: UnitOfWork) -> Land:
    """Make the attackers' school, and one each in its district, in another, and in another workspace."""
    north, south = (District(new_id(uow.now), f"secret-{name}", uow.now) for name in ("north", "south"))
    for district in (north, south):
        uow.districts.add(district)
    for key in (HERE, THERE):
        uow.workspaces.add(Workspace(new_id(uow.now), key, "W", uow.now))
    own = _tenant(uow, "own", HERE, north)
    sibling = _tenant(uow, "foreign school", HERE, north)
    far = _tenant(uow, "foreign district", HERE, south)
    remote = _tenant(uow, "foreign workspace", THERE, None)
    everyone = {name: caller(name, administers=True) for name in ("mal", "dora", "zed")}
    mal = _person(uow, everyone["mal"], "Mal")
    _member(uow, own.school, mal, SCHOOL_ADMIN.name)
    uow.schools.set_primary(own.school.id, mal.id, expected=None)
    dora = _person(uow, everyone["dora"], "Dora")
    uow.districts.assign(dora.id, DISTRICT_ADMIN.name, north.id, by=None, at=uow.now)
    out = {"mal": [sibling.where, far.where, remote.where], "dora": [far.where, remote.where]}
    out["zed"] = [own.where, *out["mal"]]
    return Land(own, [own, sibling, far, remote], everyone, out)


def _person(uow: UnitOfWork, call: Caller, name: str) -> Person:
    made = Person(new_id(uow.now), name)
    assert uow.people.add(made, call.account)
    return made


def _member(
    uow: UnitOfWork, school: School, who: Person, role: str | None, standing: Standing = Standing.ACTIVE
) -> Membership:
    made = Membership(new_id(uow.now), school.id, who.id, standing, uow.now, joined_at=uow.now)
    assert uow.members.add(made)
    if role is not None:
        uow.members.assign(who.id, role, school.id, by=None, at=uow.now)
    return made


def _tenant(uow: UnitOfWork, where: str, place: WorkspaceKey, district: District | None) -> Tenant:
    word = where.replace(" ", "-")
    school = School(new_id(uow.now), f"School {word}", uow.now, district_id=district.id if district else None)
    uow.schools.add(school)
    uow.workspaces.link(school.id, place, uow.now)
    head = _person(uow, caller(f"head-{word}"), f"secret-head-{word}")
    heading = _member(uow, school, head, SCHOOL_ADMIN.name)
    someone = _person(uow, caller(f"someone-{word}"), f"secret-someone-{word}")
    assert uow.people.save_details(someone.id, PersonDetails(email=f"secret-someone-{word}@example.org"))
    membership = _member(uow, school, someone, STAFF.name)
    waiting = _person(uow, caller(f"waiting-{word}"), f"secret-waiting-{word}")
    _member(uow, school, waiting, None, Standing.PENDING)
    custom = CustomRole(
        new_id(uow.now), school.id, f"secret-role-{word}", uow.now, frozenset({Permission.MEMBER_READ})
    )
    assert uow.roles.add(custom)
    invitation = Invitation(
        new_id(uow.now), school.id, new_token(), new_code(), head.id, uow.now, note=f"secret-note-{word}"
    )
    uow.invitations.add(invitation)
    invited = Person(new_id(uow.now), f"secret-invited-{word}")
    uow.people.add_unlinked(invited)
    _member(uow, school, invited, None, Standing.PENDING)
    to = Addressee(invited.id, invited.name, f"secret-invited-{word}@example.org", way=Way.EMAIL)
    letter = Invitation(
        *(new_id(uow.now), school.id, new_token(), new_code(), head.id, uow.now), uses_allowed=1, to=to
    )
    uow.invitations.add(letter)
    uow.addressed.grant(letter.id, [Grant(school.id, STAFF.name)])
    batch = Batch(new_id(uow.now), school.id, f"secret-batch-{word}", 1, uow.now)
    one = replace(invitation, id=new_id(uow.now), token=new_token(), code=new_code(), batch_id=batch.id)
    build.batch(uow, batch, [one])
    redemption = Redemption(new_id(uow.now), invitation.id, someone.id, uow.now)
    uow.invitations.add_redemption(redemption)
    request = JoinRequest(
        new_id(uow.now),
        school.id,
        waiting.id,
        AccountKey("web", f"waiting-{word}"),
        "Viewer",
        uow.now,
        claimed_by=head.id,
        claimed_at=uow.now,
        gone_at=uow.now,
    )
    uow.join_requests.add(request)
    uow.settings.save(school.id, SchoolSettings(questions=(Question(f"secret-question-{word}"),)))
    audit.record(
        uow, Actor(caller(f"head-{word}"), head), "school.edited", school.subject, school_id=school.id
    )
    (entry,) = uow.audit.listed(school.id, action="", person_id=None, after=None, limit=1)
    job = Job(new_id(uow.now), school.id, Act.ARCHIVE, PeopleFilter("").pack(), "", JobState.PLANNED, uow.now)
    assert uow.bulk.add(job, [Item(1, school.id, someone.id, Act.ARCHIVE, "listed")])
    thing = Follower(
        *(new_id(uow.now), school.id, place, NativeKind.BADGE, f"thing-{word}", f"secret-thing-{word}"),
        created_at=uow.now,
        look_at=uow.now,
    )
    assert uow.followings.add(thing)
    uow.followings.follow(thing.id, STAFF.name)
    difference = Difference(thing.id, f"someone-{word}", Differs.EXTRA, "")
    uow.followings.set_differences(thing.id, [difference])
    notice = _undelivered(uow, school, head)
    written = _broadcast(uow, school, head, word)
    template = MessageTemplate(
        *(new_id(uow.now), school.id, f"secret-template-{word}", "Subject", "Text", head.id, uow.now)
    )
    assert uow.templates.add(template)
    places = [district.id, district.name] if district else []
    ids = {
        "school": [school.id, school.name],
        "workspace": [str(place), place.external_id],
        "person": [membership.id, someone.id, someone.name],
        "request": [request.id, waiting.name],
        "waiting": [approving.pack([request])],
        "letter": [letter.id, letter.code, f"{BASE_URL}/i/{letter.token}"],
        "invitation": [invitation.id, invitation.code, f"{BASE_URL}/i/{invitation.token}"],
        "redemption": [redemption.id],
        "batch": [batch.id],
        "role": [custom.name, custom.id],
        "district": places,
        "group": _group(uow, district, school, word) if district else [],
        **_folder(uow, district, school, word),
        "account": [f"web:someone-{word}"],
        "human": [someone.id],
        "head": [heading.id],
        "entry": [entry.id],
        "job": [job.id],
        "import": [_import(uow, school, someone, word)],
        "notice": [notice],
        "thing": [thing.id, thing.name],
        "broadcast": [written],
        "template": [template.id, template.name],
        "district role": [DISTRICT_USER.name],
        "after": [notice, membership.id, request.id, invitation.id, entry.id, school.id, *places[:1]],
    }
    people = ("head", "someone", "waiting", "invited")
    own_words = (*people, "role", "note", "batch", "question", "thing", "template", "message", "group", "org")
    return Tenant(where, school, ids, [f"secret-{one}-{word}" for one in own_words])


def _import(uow: UnitOfWork, school: School, someone: Person, word: str) -> str:
    """Plan a roster import that changes a person's name; return its id."""
    made = RosterImport(new_id(uow.now), school.id, None, Options(), ImportState.PLANNED, "", uow.now, rows=1)
    uow.rosters.add(made)
    said = RosterDetails(f"secret-someone-{word}@example.org", f"secret-someone-{word}", "Other")
    uow.roster_steps.stage(
        made.id, [Step(1, 2, school.id, someone.id, StepKind.CHANGE, said, before=RosterDetails())]
    )
    return made.id


def _broadcast(uow: UnitOfWork, school: School, by: Person, word: str) -> str:
    """Schedule a broadcast to everyone in a school; return its id."""
    made = Broadcast(
        *(new_id(uow.now), school.id, by.id, f"secret-message-{word}", "Text", DeliveryMethod.CHAT),
        PeopleFilter(school.id, status=Status.ACTIVE).pack(),
        uow.now,
        "web",
        state=BroadcastState.SCHEDULED,
        send_at=uow.now + timedelta(days=1),
    )
    uow.broadcasts.add(made)
    return made.id


def _folder(uow: UnitOfWork, district: District | None, school: School, word: str) -> dict[str, list[str]]:
    if district is None:
        return {"org": [], "run": []}
    org, run = f"secret-org-{word}", Run(new_id(uow.now), district.id, RunState.PLANNED, uow.now)
    uow.oneroster.save_source(Source(district.id, f"the {word}", "UTC", None, uow.now, uow.now))
    uow.oneroster_known.put_orgs(district.id, {org: Org(f"{org} name", school_id=school.id)})
    uow.oneroster.begin(run)
    return {"org": [org], "run": [run.id]}


def _group(uow: UnitOfWork, district: District, school: School, word: str) -> list[str]:
    made = Group(new_id(uow.now), district.id, f"secret-group-{word}", uow.now, uow.now)
    uow.scim_groups.add(replace(made, school_id=school.id, role="Viewer"))
    uow.scim_tokens.add(Token(new_id(uow.now), district.id, "hash", uow.now))
    return [made.id, made.name]


def _undelivered(uow: UnitOfWork, school: School, whom: Person) -> str:
    """Add a notice to a person whose delivery has failed for good; return its id."""
    ((_, account),) = uow.people.accounts([whom.id])
    fresh, to = new_id(uow.now), Destination.direct(account)
    made = Notice(fresh, fresh, school.subject, Audience.ADMIN, to, uow.now, school_id=school.id)
    uow.outbox.add(made)
    uow.outbox.give_up(fresh, uow.now, error="not there")
    return fresh
