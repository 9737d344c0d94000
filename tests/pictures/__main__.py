"""Draws the pictures of the guides into docs/images: `make pictures`. It needs Chromium and npm."""

import asyncio
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image
from selenium.webdriver.common.by import By

from tests.pictures import likeness, playground, plays, report
from tests.platforms.web.browser import Screen, open_browser

Json = dict[str, Any]
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
IMAGES = ROOT / "docs" / "images"
_ICON = ROOT / "bot" / "platforms" / "web" / "static" / "icon.svg"
_FROM_DISCORD = ("invitation", "questions", "request")
_FROM_SLACK = ("request", "home", "plan", "reject")
# A picture keeps so many of its most frequent colours, and as many for details and edges.
_COLOURS = 128
_SIZE, _PAGE = (900, 1600), (640, 900)
# Emoji, which both platforms draw as their own pictures; not every machine has a font with them.
_SIGNS = {
    "✅": '<rect x="1" y="1" width="18" height="18" rx="4" fill="#3ba55d"/>'
    '<path d="M5 10.5 8.5 14 15 6.5" fill="none" stroke="#fff" stroke-width="2.5"/>',
    "⏳": '<path d="M4 1h12v3l-4.5 6 4.5 6v3H4v-3l4.5-6L4 4z" fill="#f0b232"/>'
    '<path d="M4 1h12M4 19h12" stroke="#8a5a00" stroke-width="2"/>',
}


def main() -> None:
    """Play the story on both platforms, and write all pictures."""
    os.environ["TZ"] = "UTC"
    on_discord, on_slack = asyncio.run(plays.on_discord()), asyncio.run(plays.on_slack())
    with TemporaryDirectory() as folder:
        pages = {
            **{f"discord-{name}": _discord(on_discord.kept[name]) for name in _FROM_DISCORD},
            **_slack(on_slack.kept, Path(folder)),
            "mail": on_slack.mail,
            "invitation-page": on_slack.page,
        }
        with _screen(Path(folder)) as screen:
            for name, page in pages.items():
                file = Path(folder) / f"{name}.html"
                file.write_text(page, encoding="utf-8")
                screen.open(file.as_uri())
                _keep(name, _shot(screen))
            _keep("playground", playground.picture(screen))
    _keep("report", report.picture())


def _discord(said: Json) -> str:
    if "modal" in said:
        return _page(likeness.modal(said["modal"]), "discord")
    return _page(_from_bot("BOT") + likeness.message(said), "discord")


def _slack(kept: dict[str, Json], folder: Path) -> dict[str, str]:
    """Render Block Kit as HTML pages with a JavaScript library, which npm installs into this folder."""
    for name in ("package.json", "package-lock.json", "slack.mjs"):
        shutil.copy(HERE / name, folder)
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(["npm", "ci", *quiet], cwd=folder, check=True)
    asked = json.dumps([kept[name]["blocks"] for name in _FROM_SLACK])
    drawing = subprocess.run(
        ["node", "slack.mjs"],
        cwd=folder,
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    style = (folder / "node_modules" / "slack-blocks-to-jsx" / "dist" / "style.css").read_text("utf-8")
    drawn = zip(_FROM_SLACK, json.loads(drawing.stdout), strict=True)
    return {f"slack-{name}": _page(_framed(name, kept[name], html), "slack", style) for name, html in drawn}


def _framed(name: str, kept: Json, html: str) -> str:
    """Add what Slack shows around a form, the home tab or a message."""
    if "view" in kept:
        view = kept["view"]
        title, close, submit = (escape(view[part]["text"]) for part in ("title", "close", "submit"))
        buttons = f'<span class="s-button">{close}</span><span class="s-button s-submit">{submit}</span>'
        return f'<div class="s-window"><h1>{title}</h1><div>{html}</div><footer>{buttons}</footer></div>'
    if name == "home":
        return f'<div class="s-window"><h1>Homeroom</h1><div>{html}</div></div>'
    return _from_bot("APP") + html


def _from_bot(badge: str) -> str:
    icon = plays.inlined(_ICON.read_bytes(), "image/svg+xml")
    return f'<div class="bot"><img src="{icon}">Homeroom <small>{badge}</small></div>'


def _page(body: str, kind: str, style: str = "") -> str:
    own = (HERE / "likeness.css").read_text("utf-8")
    for sign, drawn in _SIGNS.items():
        body = body.replace(sign, f'<svg class="sign" viewBox="0 0 20 20">{drawn}</svg>')
    return (
        f'<!doctype html><meta charset="utf-8"><style>{style}</style><style>{own}</style>'
        f'<body class="{kind}"><div id="picture">{body}</div></body>'
    )


@contextmanager
def _screen(folder: Path) -> Iterator[Screen]:
    chrome = open_browser(folder / "profile")
    try:
        screen = Screen(chrome)
        screen.look(_SIZE)
        yield screen
    finally:
        chrome.quit()


def _shot(screen: Screen) -> bytes:
    whole = screen.chrome.find_elements(By.ID, "picture")
    if whole:
        return whole[0].screenshot_as_png
    screen.look(_PAGE)
    shot = screen.one("body").screenshot_as_png
    screen.look(_SIZE)
    return shot


def _keep(name: str, png: bytes) -> None:
    drawn = Image.open(io.BytesIO(png)).convert("RGB")
    file = IMAGES / f"{name}.png"
    _with_few_colours(drawn).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}  {drawn.width} by {drawn.height}  {file.stat().st_size // 1000} kB")  # noqa: T201


def _with_few_colours(drawn: Image.Image) -> Image.Image:
    """Map each pixel to its nearest chosen colour; Pillow does so only roughly, and greys white."""
    most = sorted(drawn.getcolors(drawn.width * drawn.height) or (), reverse=True)[:_COLOURS]
    others = drawn.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE).getpalette() or []
    chosen = np.array([*(colour for _, colour in most), *np.reshape(others, (-1, 3))], dtype=int)
    colours, pixels = np.unique(np.asarray(drawn).reshape(-1, 3), axis=0, return_inverse=True)
    nearest = [((chosen - colour) ** 2).sum(axis=1).argmin() for colour in colours.astype(int)]
    few = Image.fromarray(np.array(nearest, dtype=np.uint8)[pixels].reshape(drawn.height, drawn.width), "P")
    few.putpalette(chosen.flatten().tolist())
    return few


if __name__ == "__main__":
    main()
