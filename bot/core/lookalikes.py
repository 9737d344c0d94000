"""Names that look alike, whatever letters and blanks they are made of."""

import re
import unicodedata

# Letters of the Cyrillic and Greek alphabets, and signs, that are drawn as Latin letters are.
_DRAWN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԀԚԜҺҮӀаԁеһіјорсѕухԛԝӏкмтнвѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχγɑɡı01|",  # noqa: RUF001 - that is the point
    "ABESIJKMHOPCTYXDQWHYIadehijopcsyxqwlkmthbvABEZHIKMNOPTYXaikvopuxyagioll",  # pragma: allowlist secret
)
# Blanks, hyphens and other punctuation, and what cannot be seen.
_SKIPPED = ("Z", "P", "C")
# Letters, marks and signs that are not drawn: fillers of Hangul, Braille without a dot, what joins others.
UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)


def skeleton(name: str) -> str:
    """Return what a name looks like: the same for two that people would take for each other."""
    plain = unicodedata.normalize("NFKC", UNSEEN.sub("", name))
    drawn = unicodedata.normalize("NFKC", plain.translate(_DRAWN).casefold())
    return "".join(one for one in drawn if not unicodedata.category(one).startswith(_SKIPPED)) or plain
