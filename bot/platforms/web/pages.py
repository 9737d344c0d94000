"""The HTML pages, from their templates."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("bot.platforms.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def render(template: str, /, **values: object) -> str:
    """Fill a template; values are escaped."""
    return _template(template).render(**values)
