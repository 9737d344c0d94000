"""Names that look alike, whatever letters and blanks they are made of."""

import unicodedata

# Letters of the Cyrillic and Greek alphabets, and signs, that are drawn as Latin letters are.
_DRAWN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХԀԚԜҺҮӀаԁеһіјорсѕухԛԝӏкмтнвѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχγɑɡı01|",  # noqa: RUF001 - that is the point
    "ABESIJKMHOPCTYXDQWHYIadehijopcsyxqwlkmthbvABEZHIKMNOPTYXaikvopuxyagioll",  # pragma: allowlist secret
)
# Blanks, hyphens and other punctuation, and what cannot be seen.
_SKIPPED = ("Z", "P", "C")


def looks(name: str) -> str:
    """Return what a name looks like: the same for two that people would take for each other."""
    plain = unicodedata.normalize("NFKC", name)
    drawn = unicodedata.normalize("NFKC", plain.translate(_DRAWN).casefold())
    return "".join(one for one in drawn if not unicodedata.category(one).startswith(_SKIPPED)) or plain
