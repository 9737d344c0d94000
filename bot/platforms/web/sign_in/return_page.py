"""The pages from which people sign in or out, and to which they return.

Sign-in redirects to no others, so that no form or address can send people to another site.
"""

import re

from starlette.requests import Request

HOME = "/me"
_OWN_PAGE = re.compile(r"/me|/i/[A-Za-z0-9_-]{1,128}")


def page_of(request: Request) -> str | None:
    """Return the page that a sign-in or sign-out belongs to, which is in its path; None if it is not one."""
    page: str = request.scope["path"].rpartition("/sign-")[0]
    return page if _OWN_PAGE.fullmatch(page) else None
