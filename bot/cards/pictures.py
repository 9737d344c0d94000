"""Pictures that cards show."""

import io

from bot.chat.replies import Image
from bot.chat.text import say


def qr(url: str) -> Image:
    """Draw the QR code of a link, with a white rim so that it scans on dark screens."""
    import segno  # noqa: PLC0415 - only who looks at a code needs it

    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="png", scale=6, border=4)
    return Image(out.getvalue(), alt=say("QR code of the invitation's link"), filename="invitation.png")
