"""The HTML pages, from their templates."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse, Response

from bot.chat.text import clean


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
    """Fill a template; values are escaped."""
    return _template(template).render(**values)


def nothing_there() -> Response:
    """Say that there is no such page."""
    return HTMLResponse(render("not_found.html"), status_code=404)
