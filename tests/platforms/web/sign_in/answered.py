"""Invitations from Ada that people answer on the invitation page."""

import httpx2

from bot.core.invitations.invitations import Invitation
from bot.core.rights.actors import AccountKey
from tests.core.door import Door
from tests.platforms.web.sign_in.conftest import EMAIL, NIA, Browser
from tests.platforms.web.sign_in.keyholders import proof_in

OTHER = "omar@example.org"
NIAS = AccountKey("google", str(NIA["google"]["sub"]))


async def invites_all(door: Door, typed: str = "/invite create role:Staff") -> Invitation:
    """Make an invitation for everyone who has its link."""
    await door.says("ada", typed)
    return (await door.invitations())[0]


async def invites(door: Door, to: str = EMAIL, more: str = "") -> Invitation:
    """Make an invitation for one person."""
    await door.says("ada", f'/invite person to:{to} name:"Nia" note:"See you" {more}')
    return (await door.invitations())[0]


async def answers(browser: Browser, made: Invitation, answer: str, **more: str) -> httpx2.Response:
    """Answer an invitation with the form on its page."""
    page = f"/i/{made.token}"
    proof = proof_in(await browser.get(page))
    return await browser.http.post(page, data={"proof": proof, "answer": answer, **more})
