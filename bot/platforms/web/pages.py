"""Renders the HTML pages from their templates."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse, Response

from bot.chat.replies import Card
from bot.chat.text import clean, plain
from bot.platforms.web import draw


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.platforms.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = clean
    return environment


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


def render(template: str, /, **values: object) -> str:
    """Return a page from its template; values are escaped."""
    return _template(template).render(**values)


def not_found() -> Response:
    """Return the response for a page that does not exist."""
    return HTMLResponse(render("not_found.html"), status_code=404)


def card_page(card: Card, page: str, *, status: int = 200) -> Response:
    """Return a response that shows a card, with a link to the page to go on with."""
    drawn, title = draw.card(card), plain(card.title)
    return HTMLResponse(render("told.html", card=drawn, title=title, page=page), status_code=status)
