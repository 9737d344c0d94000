"""Reads forms of our own pages, which are small and valid only for the visitor they were made for."""

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.platforms.web import pages
from bot.platforms.web.sign_in.session import Guest, Sessions, Visitor

_MOST_FIELDS = 20
_LONGEST = 8 * 1024
_BODY = 64 * 1024


async def read(request: Request, sessions: Sessions, visitor: Visitor | Guest) -> FormData | None:
    """Return a form; None if it is too large, unreadable, or was not made for this visitor."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _BODY:
        return None
    try:
        form = await request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=_LONGEST)
    except HTTPException:
        return None
    return form if sessions.is_from(request, visitor, form) else None


def refused(page: str) -> Response:
    """Return the response for a form that is not accepted, with a link to start again."""
    return HTMLResponse(pages.render("form_refused.html", page=page), status_code=403)
