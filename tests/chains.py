"""Whether the audit log is whole."""

from bot.core.audit_lines import Flaw, verify_all_stored
from bot.core.ports import UnitOfWork


def flaws(uow: UnitOfWork) -> set[Flaw | None]:
    """Say what is wrong with the chains; of those that are whole, None."""
    return {one.flaw for one in verify_all_stored(uow.audit)}
