"""Finds names that look alike, whatever characters they are made of."""

import re
import unicodedata

# Cyrillic and Greek letters and other characters that look like Latin letters.
_DRAWN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԀԚԜҺҮӀаԁеһіјорсѕухԛԝӏкмтнвѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχγɑɡı01|",  # noqa: RUF001 - that is the point
    "ABESIJKMHOPCTYXDQWHYIadehijopcsyxqwlkmthbvABEZHIKMNOPTYXaikvopuxyagioll",  # pragma: allowlist secret
)
# The Unicode categories that are ignored: separators, punctuation, and control and format characters.
_SKIPPED = ("Z", "P", "C")
# Characters that are not visible, such as Hangul fillers, the blank Braille pattern, joiners and selectors.
UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)


def skeleton(name: str) -> str:
    """Return what a name looks like; names that people would confuse have the same skeleton."""
    plain = unicodedata.normalize("NFKC", UNSEEN.sub("", name))
    drawn = unicodedata.normalize("NFKC", plain.translate(_DRAWN).casefold())
    return "".join(one for one in drawn if not unicodedata.category(one).startswith(_SKIPPED)) or plain
