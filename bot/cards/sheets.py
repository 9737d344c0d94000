"""A sheet of codes to print and cut: one HTML file that needs nothing else."""

from collections.abc import Sequence
from html import escape

from bot.chat.text import clean, plain, say
from bot.core.ids import grouped
from bot.core.invitations import Invitation
from bot.core.schools import School

_STYLE = """
@page { size: A4; margin: 10mm }
body { font: 9pt/1.3 sans-serif; margin: 0; color: #000; background: #fff }
main { display: grid; grid-template-columns: repeat(3, 1fr) }
section { break-inside: avoid; border: 0.2mm dashed #999; padding: 4mm 3mm; text-align: center; height: 61mm;
  box-sizing: border-box; overflow: hidden }
svg { width: 32mm; height: 32mm; display: block; margin: 1mm auto }
b { font: bold 11pt monospace; white-space: nowrap }
p { margin: 0.5mm 0; overflow-wrap: anywhere }
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>{title}</title>
<style>{style}</style></head>
<body><main>
{body}
</main></body></html>
"""
# Any mask can be read; trying all eight for the prettiest takes four times as long.
_MASK = 3


def printed(school: School, found: Sequence[tuple[Invitation, str | None]], join: str) -> bytes:
    """Make the sheet of codes with their links, for people of a school; `join` is what they can type."""
    title = escape(clean(plain(say("Invitations to {school}", school=school.name))))
    body = "\n".join(_one(title_of(school), one, link, join) for one, link in found)
    return _PAGE.format(title=title, style=_STYLE, body=body).encode()


def title_of(school: School) -> str:
    """Say on each code what it is for."""
    return escape(clean(plain(say("Join {school}", school=school.name))))


def _one(title: str, invitation: Invitation, link: str | None, join: str) -> str:
    code = grouped(invitation.code)
    type_it = escape(clean(plain(say("or type {line}", line=f"{join} {code}"))))
    note = f"<p>{escape(clean(invitation.note[:80]))}</p>" if invitation.note else ""
    picture = _qr(link) if link else ""
    return f"<section><p>{title}</p>{note}{picture}<b>{code}</b><p>{type_it}</p></section>"


def _qr(link: str) -> str:
    import segno  # noqa: PLC0415 - only who looks at a code needs it

    drawn = segno.make(link, error="m", micro=False, mask=_MASK)
    return str(drawn.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None))
