"""The words with which a command says why it failed."""

from bot.storage.addresses import reason


def failure_reason(problem: OSError | ValueError) -> str:
    """Return why a command failed; where a permission is missing, also which user should run the command."""
    said = reason(problem)
    if isinstance(problem.__cause__ or problem, PermissionError):
        return f"{said}. Run the command as the user that Homeroom runs as, and make sure that it has access"
    return said
