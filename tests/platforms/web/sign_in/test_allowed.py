"""Which of the ways to sign in that the operator has set up System Administrators allow."""

from collections.abc import Collection

import httpx2

from bot.core.keys.ring import KeyRing
from bot.core.ports import UnitOfWork
from bot.core.schools.system import SignIn as Allowed
from bot.core.schools.system import SystemSettings
from bot.platforms.web.link_view import link_lookup
from bot.platforms.web.server import build
from bot.platforms.web.sign_in.flow import SignIn
from tests.platforms.web.sign_in.conftest import OUTSIDE, settings_for
from tests.world import KEY, World


async def test_only_what_is_allowed_is_offered_and_used(world: World) -> None:
    async def allow(set_up: Collection[str]) -> Collection[str]:
        return await world.database.read(lambda uow: uow.system.settings().allowed(set_up))

    def narrow(uow: UnitOfWork, *ways: Allowed) -> None:
        uow.system.save(SystemSettings(sign_in=ways))

    set_up = {name: settings_for(name, "http://nowhere.invalid") for name in ("google", "discord")}
    sign_in = SignIn.of(set_up, base_url=OUTSIDE, keys=KeyRing(KEY), clock=world.clock, allow=allow)
    app = build(world.runner, look_up=link_lookup(world.runner), joins={}, sign_in=sign_in)
    host = OUTSIDE.partition("://")[2]
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url=OUTSIDE, headers={"host": host}
    ) as browser:
        page = (await browser.get("/me")).text
        assert "/me/sign-in/google" in page
        assert "/me/sign-in/discord" in page
        await world.database.run(lambda uow: narrow(uow, Allowed.GOOGLE, Allowed.SLACK))
        page = (await browser.get("/me")).text
        assert "/me/sign-in/google" in page
        assert "discord" not in page
        for path in ("/me/sign-in/discord", "/sign-in/discord/back?code=c&state=s", "/me/sign-in/slack"):
            assert (await browser.get(path)).status_code == 404, path
        # What is allowed was set up once, and is not any more.
        await world.database.run(lambda uow: narrow(uow, Allowed.SLACK))
        assert "Nobody can sign in here now" in (await browser.get("/me")).text
