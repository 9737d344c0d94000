"""The words with which a command says why it failed."""

from bot.storage.addresses import reason


def failure_reason(problem: OSError | ValueError) -> str:
    """Return why a command failed; where a permission is missing, also which user should run the command."""
    said = reason(problem)
    if isinstance(problem.__cause__ or problem, PermissionError):
        return f"{said}. Type it as the user that Homeroom runs as, and see to it that this one may"
    return said
