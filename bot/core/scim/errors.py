"""Refusals that only identity providers meet."""

from dataclasses import dataclass

from bot.core.errors import Refusal


@dataclass(eq=False)
class UserNameTaken(Refusal):
    """The identity provider has another user of that name."""
