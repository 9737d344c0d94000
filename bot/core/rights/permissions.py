"""The permissions. This is the only list: checks, `/help`, the docs and the tests derive from it."""

from enum import StrEnum
from typing import Self


class Permission(StrEnum):
    """A right that a role can hold, with the phrase that describes it to people."""

    phrase: str

    def __new__(cls, atom: str, phrase: str) -> Self:
        """Make a member from its value and its phrase."""
        member = str.__new__(cls, atom)
        member._value_ = atom
        member.phrase = phrase
        return member

    SYSTEM_MANAGE = "system.manage", "change settings of the whole system"
    DISTRICT_MANAGE = "district.manage", "create, edit and archive districts"
    SCHOOL_CREATE = "school.create", "create and archive schools"
    SCHOOL_EDIT = "school.edit", "change a school's settings"
    SCHOOL_LINK = "school.link", "link a school to a Discord server or Slack workspace"
    INVITATION_CREATE = "invitation.create", "invite people"
    INVITATION_READ = "invitation.read", "see invitations"
    INVITATION_VIEW_SECRET = "invitation.view_secret", "see the links and codes of invitations"
    INVITATION_REVOKE = "invitation.revoke", "revoke invitations"
    REQUEST_READ = "request.read", "see join requests"
    REQUEST_DECIDE = "request.decide", "approve and reject join requests"
    MEMBER_READ = "member.read", "see members"
    MEMBER_CREATE = "member.create", "add people"
    MEMBER_EDIT = "member.edit", "edit people"
    MEMBER_SUSPEND = "member.suspend", "suspend and reinstate members"
    MEMBER_DEACTIVATE = "member.deactivate", "deactivate and reactivate members"
    MEMBER_ARCHIVE = "member.archive", "archive and restore members"
    MEMBER_REMOVE = "member.remove", "remove members"
    MEMBER_TRANSFER = "member.transfer", "transfer one person's records to another"
    ROLE_GRANT = "role.grant", "give roles"
    ROLE_MANAGE = "role.manage", "make custom roles"
    PRIMARY_TRANSFER = "primary.transfer", "make another admin the Primary Admin"
    ROSTER_IMPORT = "roster.import", "import and export rosters"
    MESSAGE_SEND = "message.send", "send messages to members"
    REPORT_READ = "report.read", "see reports"
    AUDIT_READ = "audit.read", "read the audit log"
    OBSERVATION_CONDUCT = "observation.conduct", "observe lessons"
    OBSERVATION_RECEIVE = "observation.receive", "be observed"
    EVALUATION_CONDUCT = "evaluation.conduct", "evaluate colleagues"
    ASSESSMENT_PROCTOR = "assessment.proctor", "proctor assessments"
    CONTENT_PUBLISH = "content.publish", "publish content"
