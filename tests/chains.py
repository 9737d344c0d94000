"""Verification of the audit log's hash chains, for tests."""

from bot.core.audit_lines import Flaw, verify_all_stored
from bot.core.ports import UnitOfWork


def flaws(uow: UnitOfWork) -> set[Flaw | None]:
    """Return the flaws found in the stored audit chains; an intact chain contributes None."""
    return {one.flaw for one in verify_all_stored(uow.audit)}
