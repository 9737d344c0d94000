"""In which words a command says that it could not go on."""

from bot.storage.addresses import reason


def told(problem: OSError | ValueError) -> str:
    """Say what was in the way, and whose it is where that is it."""
    said = reason(problem)
    if isinstance(problem.__cause__ or problem, PermissionError):
        return f"{said}. Type it as the user that Homeroom runs as, and see to it that this one may"
    return said
