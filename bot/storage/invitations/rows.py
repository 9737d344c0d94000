"""Converts invitations to rows and back, sealing and opening their secrets."""

from bot.core.email_addresses import email_key
from bot.core.invitations.addressees import Addressee, Way
from bot.core.invitations.invitations import Invitation
from bot.core.rights.actors import AccountKey
from bot.storage.statements import Row
from bot.storage.tables import invitations
from bot.storage.vault import Seal, Vault

_OF_ADDRESSEE = (
    *("person_id", "account_issuer", "account_subject", "way"),
    *("send_at", "sent_at", "declined_at", "cleared_at"),
)
# The columns that are only searched by, or are for sweeps alone.
_NOT_READ = {"code_index", "token_index", "sealed_by", "alarmed_at", "posted_at", "email_key", "due_at"}
# The columns from which an invitation is read.
COLUMNS = [one for one in invitations.c if one.name not in _NOT_READ]


def row_of(invitation: Invitation, vault: Vault) -> dict[str, object]:
    """Return the row of an invitation, with its secrets sealed."""
    return {
        "id": invitation.id,
        "school_id": invitation.school_id,
        **sealed_secrets(invitation, vault),
        "role": invitation.role,
        "uses_allowed": invitation.uses_allowed,
        "uses_taken": invitation.uses_taken,
        "expires_at": invitation.expires_at,
        "note": invitation.note,
        "label": invitation.label,
        "created_by": invitation.created_by,
        "created_at": invitation.created_at,
        "revoked_at": invitation.revoked_at,
        "revoked_by": invitation.revoked_by,
        "locked_at": invitation.locked_at,
        "due_at": invitation.expires_at,
        "opened_at": invitation.opened_at,
        "openings": invitation.openings,
        "batch_id": invitation.batch_id,
        "renewed_at": invitation.renewed_at,
        **_addressed(invitation.to),
    }


def sealed_secrets(invitation: Invitation, vault: Vault) -> dict[str, object]:
    """Return the columns that hold an invitation's secrets, sealed with the key in use."""
    return sealed_with(vault.seal, invitation.id, invitation.code, invitation.token)


def sealed_with(key: Seal, invitation_id: str, code: str, token: str) -> dict[str, object]:
    """Return the columns that hold an invitation's secrets, sealed with this key."""
    return {
        "code_index": key.index(code),
        "token_index": key.index(token),
        "sealed": key.seal(f"{code} {token}", invitation_id),
        "sealed_by": key.name,
    }


def open_secrets(row: Row, vault: Vault) -> tuple[str, str]:
    """Return the code of an invitation and the token of its link, unsealed."""
    code, _, token = vault.open(row.sealed, row.id).partition(" ")
    return code, token


def invitation_of(row: Row, vault: Vault) -> Invitation:
    """Return the invitation that a row holds, with its secrets unsealed."""
    code, token = open_secrets(row, vault)
    return Invitation(
        id=row.id,
        school_id=row.school_id,
        token=token,
        code=code,
        created_by=row.created_by,
        created_at=row.created_at,
        role=row.role,
        uses_allowed=row.uses_allowed,
        uses_taken=row.uses_taken,
        expires_at=row.expires_at,
        note=row.note,
        label=row.label,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        locked_at=row.locked_at,
        to=_addressee(row) if row.person_id else None,
        batch_id=row.batch_id,
        renewed_at=row.renewed_at,
        opened_at=row.opened_at,
        openings=row.openings,
    )


def _addressed(to: Addressee | None) -> dict[str, object]:
    """Return the columns that hold the addressee of an invitation, if it has one."""
    if to is None:
        return {
            **dict.fromkeys(_OF_ADDRESSEE),
            "addressee": "",
            "email": "",
            "email_key": "",
            "send_error": "",
        }
    return {
        "person_id": to.person_id,
        "addressee": to.name,
        "email": to.email,
        "email_key": email_key(to.email),
        "account_issuer": to.account.issuer if to.account else None,
        "account_subject": to.account.subject if to.account else None,
        "way": to.way.value,
        "send_at": to.send_at,
        "sent_at": to.sent_at,
        "send_error": to.send_error,
        "declined_at": to.declined_at,
        "cleared_at": to.cleared_at,
    }


def _addressee(row: Row) -> Addressee:
    account = AccountKey(row.account_issuer, row.account_subject) if row.account_issuer else None
    return Addressee(
        row.person_id,
        row.addressee,
        row.email,
        account,
        Way(row.way),
        row.send_at,
        row.sent_at,
        row.send_error,
        row.declined_at,
        row.cleared_at,
    )
