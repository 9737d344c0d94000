"""Why a person is left out of bulk work: one reason for each refusal of the single commands."""

from collections.abc import Mapping
from enum import StrEnum

from bot.core.errors import (
    AboveYou,
    LimitReached,
    NotFound,
    NothingToChange,
    NotPermitted,
    OwnMembership,
    PrimaryAdminProtected,
    Refusal,
    RoleAboveCeiling,
)
from bot.core.joining_errors import ApplicantBarred, EducatorIdTaken, MembershipBarred


class KeptOutReason(StrEnum):
    """Why a person is left out of bulk work."""

    OWN = "own"
    PRIMARY = "primary"
    ABOVE = "above"
    NOTHING = "nothing"
    NOT_PERMITTED = "not permitted"
    GONE = "gone"
    CHANGED = "changed"
    STRICTER = "stricter"
    OFF = "switched off"
    FULL = "full"
    OUT = "kept out"
    SAME_ID = "same id"


_REASONS: Mapping[type[Refusal], KeptOutReason] = {
    OwnMembership: KeptOutReason.OWN,
    PrimaryAdminProtected: KeptOutReason.PRIMARY,
    AboveYou: KeptOutReason.ABOVE,
    NothingToChange: KeptOutReason.NOTHING,
    NotPermitted: KeptOutReason.NOT_PERMITTED,
    NotFound: KeptOutReason.GONE,
    RoleAboveCeiling: KeptOutReason.NOT_PERMITTED,
    MembershipBarred: KeptOutReason.OFF,
    LimitReached: KeptOutReason.FULL,
    ApplicantBarred: KeptOutReason.OUT,
    EducatorIdTaken: KeptOutReason.SAME_ID,
}


def reason_of(refusal: Refusal) -> KeptOutReason:
    """Return the reason for a refusal; raise it again if no single command is expected to give it."""
    if type(refusal) not in _REASONS:
        raise refusal
    return _REASONS[type(refusal)]
