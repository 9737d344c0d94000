"""A sheet of codes to print and cut: one self-contained HTML file."""

from collections.abc import Sequence
from html import escape

from bot.chat.text import clean, plain, say
from bot.core.ids import grouped
from bot.core.invitations.invitations import Invitation
from bot.core.schools.schools import School

# No paper size is set: four rows fit on both A4 and Letter. Long texts are wrapped and cut, never the code.
_STYLE = """
@page { margin: 10mm }
body { font: 8.5pt/1.25 system-ui, sans-serif; margin: 0; color: #000; background: #fff }
main { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)) }
section { break-inside: avoid; border: 0.2mm dashed #999; padding: 3.5mm 3mm; height: 61mm;
  box-sizing: border-box; text-align: center; display: flex; flex-direction: column; gap: 0.8mm }
h2, p { flex: none; margin: 0; font-size: inherit; overflow-wrap: anywhere; overflow: hidden }
h2, .note { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2 }
svg { flex: 1; min-height: 0; width: 100%; max-height: 34mm }
b { flex: none; font: bold 12pt monospace; white-space: nowrap }
i { font-style: normal; white-space: nowrap }
header { display: none }
@media screen {
  body { max-width: 190mm; margin: 10mm auto; padding: 0 4mm }
  header { display: block; margin-bottom: 6mm; font-size: 12pt }
  main { grid-template-columns: repeat(auto-fill, minmax(min(58mm, 100%), 1fr)) }
}
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>{style}</style></head>
<body><header>{hint}</header><main>
{body}
</main></body></html>
"""
# A note has two lines, which have room for this many characters.
_NOTE = 160
# A scanner reads any mask; trying all eight to choose the best takes four times as long.
_MASK = 3


def render(school: School, found: Sequence[tuple[Invitation, str | None]], join: str) -> bytes:
    """Return the sheet of codes and links of a school as HTML; `join` is the command that people can type."""
    title = escape(clean(plain(say("Invitations to {school}", school=school.name))))
    body = "\n".join(_one(title_of(school), one, link, join) for one, link in found)
    hint = escape(plain(say("Print this page, and cut along the dashed lines.")))
    return _PAGE.format(title=title, style=_STYLE, hint=hint, body=body).encode()


def title_of(school: School) -> str:
    """Return the heading of each code."""
    return escape(clean(plain(say("Join {school}", school=school.name))))


def _one(title: str, invitation: Invitation, link: str | None, join: str) -> str:
    code = grouped(invitation.code)
    line = escape(clean(f"{join} {code}"))
    told = escape(clean(plain(say("or type {line}", line=f"{join} {code}"))))
    type_it = told.replace(line, f"<i>{line}</i>")
    note = f'<p class="note">{escape(clean(invitation.note[:_NOTE]))}</p>' if invitation.note else ""
    picture = _qr(link) if link else ""
    return f"<section><h2>{title}</h2>{note}{picture}<b>{code}</b><p>{type_it}</p></section>"


def _qr(link: str) -> str:
    import segno  # noqa: PLC0415 - not needed before a code is drawn

    drawn = segno.make(link, error="m", micro=False, mask=_MASK)
    return str(drawn.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None))
