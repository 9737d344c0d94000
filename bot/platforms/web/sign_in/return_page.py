"""Where one can come from to sign in, and go back to.

Nothing else is ever redirected to, so no form or address can send people away from here.
"""

import re

from starlette.requests import Request

HOME = "/me"
_OWN_PAGE = re.compile(r"/me|/i/[A-Za-z0-9_-]{1,128}")


def page_of(request: Request) -> str | None:
    """Return the page of ours that a sign-in or sign-out belongs to: what stands before it in the path."""
    page: str = request.scope["path"].rpartition("/sign-")[0]
    return page if _OWN_PAGE.fullmatch(page) else None
