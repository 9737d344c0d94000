"""The playground's sign-in outside the demo, by one password in the settings."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from bot.platforms.web import pages
from bot.platforms.web.security import with_forms
from bot.platforms.web.this_machine import comes_from_own_page

COOKIE = "homeroom_playground"
# How many wrong passwords a minute are allowed, all clients together: the playground serves one machine.
_MOST_WRONG = 5
_MINUTE = 60.0
_LONGEST = 1024


@dataclass
class SignIn:
    """Checks the password, and sets a signed cookie that is valid until the process ends."""

    password: str
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _wrong: list[float] = field(default_factory=list)

    @property
    def _pass(self) -> str:
        return hmac.digest(self._key, b"playground", hashlib.sha256).hex()

    def lets_in(self, connection: HTTPConnection) -> bool:
        """Tell whether a request has the cookie of somebody who signed in."""
        return secrets.compare_digest(connection.cookies.get(COOKIE, "").encode(), self._pass.encode())

    def page(self, *, problem: str = "", status: int = 401) -> Response:
        """Return the page that asks for the password."""
        page = pages.render("sign_in.html", problem=problem)
        # With no-referrer, browsers would not send the form's origin, which `enter` checks.
        own = {**with_forms(), "Referrer-Policy": "same-origin"}
        return HTMLResponse(page, status_code=status, headers=own)

    async def enter(self, request: Request) -> Response:
        """Check the password, which must come from the form of our own page."""
        if not comes_from_own_page(request):
            return PlainTextResponse("The playground is served to this machine alone.\n", status_code=403)
        now = time.monotonic()
        self._wrong = [at for at in self._wrong if now - at < _MINUTE]
        if len(self._wrong) >= _MOST_WRONG:
            return self.page(problem="often", status=429)
        async with request.form(max_files=0, max_fields=2, max_part_size=_LONGEST) as form:
            given = str(form.get("password", ""))
        if not secrets.compare_digest(given.encode(), self.password.encode()):
            self._wrong.append(now)
            return self.page(problem="wrong", status=403)
        answer = RedirectResponse("/playground", status_code=303)
        answer.set_cookie(COOKIE, self._pass, path="/playground", httponly=True, samesite="strict")
        return answer
