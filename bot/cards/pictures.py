"""Pictures on cards."""

import io

from bot.chat.replies import Image
from bot.chat.text import say


def qr(url: str) -> Image:
    """Draw the QR code of a link, with a white border so that it scans on dark screens."""
    import segno  # noqa: PLC0415 - not needed before a code is drawn

    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="png", scale=6, border=4)
    return Image(out.getvalue(), alt=say("QR code of the invitation's link"), filename="invitation.png")
