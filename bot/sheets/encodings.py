"""Guesses the encoding of names, for files that do not declare one and are not UTF-8.

Libraries weigh how often letters are neighbours in running text, and in lists of names they mistake Núñez
for Núńez. Here the letters beyond ASCII are looked up in the alphabets of languages: the names in a file are
in one language, or in several that share an encoding.
"""

import re
from collections.abc import Callable, Iterator

# Encodings of PCs, and a language's letters beyond ASCII; if two explain the same letters, the first wins.
_ON_PCS = (
    ("cp1252", "áéíñóúüÁÉÍÑÓÚÜ"),  # Spanish
    ("cp1252", "äöüßéÄÖÜ"),  # German, Swedish in part
    ("cp1252", "àâæçéèêëîïôœùûüÿÀÂÇÉÈÊËÎÏÔÙÛ"),  # French
    ("cp1252", "àáâãçéêíóôõúüÀÁÂÃÇÉÊÍÓÔÕÚ"),  # Portuguese
    ("cp1252", "àèéìíîòóùúÀÈÉÌÒÙ"),  # Italian
    ("cp1252", "åæøéÅÆØäöÄÖ"),  # Danish, Norwegian, Swedish
    ("cp1252", "äëïöüáéíóúèêçÉË"),  # Dutch
    ("cp1250", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"),  # Czech
    ("cp1250", "áäčďéíĺľňóôŕšťúýžÁÄČĎÉÍĹĽŇÓÔŔŠŤÚÝŽ"),  # Slovak
    ("cp1250", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"),  # Polish
    ("cp1250", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ"),  # Hungarian
    ("cp1250", "čćđšžČĆĐŠŽ"),  # Croatian, Slovene, Bosnian
    ("cp1250", "ăâîşţĂÂÎŞŢ"),  # Romanian
    ("cp1254", "çğıöşüâîûÇĞİÖŞÜ"),  # Turkish
    ("cp1252", "áðéíóúýþæöÁÐÉÍÓÚÝÞÆÖ"),  # Icelandic
    ("cp1257", "ąčęėįšųūžĄČĘĖĮŠŲŪŽ"),  # Lithuanian
    ("cp1257", "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ"),  # Latvian
    ("cp1257", "äõöüšžÄÕÖÜŠŽ"),  # Estonian
    ("cp1251", "".join(map(chr, range(0x410, 0x450))) + "ёЁіїєґІЇЄҐўЎ"),  # Cyrillic
    ("cp1253", "".join(map(chr, range(0x386, 0x3CF)))),  # Greek
)
# Excel on a Mac saves "CSV" in the old encoding of Macs. These come last, so that they win only if nothing
# else explains as much.
_ALPHABETS = (*_ON_PCS, *(("mac_roman", letters) for encoding, letters in _ON_PCS if encoding == "cp1252"))
# Nearly every byte is a letter in these encodings, so that their alphabets explain anything. Therefore about
# a third of the letters must be vowels, and no capital may be within a word of small letters.
_VOWELS = {"cp1251": "аеёиоуыэюяіїєАЕЁИОУЫЭЮЯІЇЄ", "cp1253": "αεηιουωάέήίόύώϊϋΐΰΑΕΗΙΟΥΩΆΈΉΊΌΎΏ"}
_THIRD = 0.3
_ONE_LANGUAGE = 0.97
_SEVERAL = 0.9
_COMMON = "\u2018\u2019\u201c\u201d\u2013\u2014\u2026«»°\xb4\xa0"
# Quotation marks and dashes in places where only a letter can be show that the encoding is wrong: the byte of
# an apostrophe in one is í in another. In O'Brien it is an apostrophe, in Sof'a it must be a letter.
_DISGUISED = re.compile(
    "(?<=[^\\W\\d_])(?:[\u2018\u201c]|[\u2019\u2013\u2014](?=[a-z]))|\u201d(?=[^\\W\\d_])"
)


def _hangul(text: str) -> bool:
    return _most(text, lambda letter: "가" <= letter <= "힣")


def _han(text: str) -> bool:
    return _most(text, lambda letter: "一" <= letter <= "鿿")


def _japanese(text: str) -> bool:
    return _most(text, lambda letter: "぀" <= letter <= "ヿ" or "一" <= letter <= "鿿" or letter == "　")


_EAST_ASIAN: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("euc_kr", "cp949", _hangul),
    ("gb2312", "gb18030", _han),
    ("shift_jis", "cp932", _japanese),
    ("big5", "cp950", _han),
)


def _most(text: str, fits: Callable[[str], bool]) -> bool:
    letters = [letter for letter in text if letter > "\x7f"]
    return sum(map(fits, letters)) > _SEVERAL * len(letters)


def guess(sample: bytes) -> str:
    """Return the encoding in which a sample reads as names; Western European if none does."""
    single = sorted(_explained(sample), key=lambda found: -found[0])
    if single and single[0][0] >= _ONE_LANGUAGE:
        return single[0][1]
    for strict, wide, fits in _EAST_ASIAN:
        if (text := _decoded(sample, strict)) is not None and fits(text):
            return wide
    together = [(sum(s for s, name in single if name == one), one) for one in ("cp1252", "cp1250")]
    return "cp1250" if together[1][0] > 2 * together[0][0] else "cp1252"


def _explained(sample: bytes) -> Iterator[tuple[float, str]]:
    """Yield for each alphabet what share of the letters beyond ASCII it explains, and its encoding."""
    for encoding, alphabet in _ALPHABETS:
        text = _decoded(sample, encoding)
        if text is None:
            continue
        letters = [one for one in text if one > "\x7f" and one not in _COMMON]
        count = len(letters) + len(_DISGUISED.findall(text))
        share = sum(one in alphabet for one in letters) / count if count else 1.0
        if encoding in _VOWELS and not _reads(text, letters, _VOWELS[encoding]):
            share /= 2
        yield share, encoding


def _reads(text: str, letters: list[str], vowels: str) -> bool:
    """Tell whether a decoded text looks like words: enough vowels, and no capitals within words."""
    words = [one for one in re.findall(r"[^\W\d_]+", text) if one > "\x7f"]
    cased = sum(one.istitle() or one.islower() or one.isupper() for one in words)
    spoken = sum(one in vowels for one in letters)
    return spoken >= _THIRD * len(letters) and cased > _SEVERAL * len(words)


def _decoded(sample: bytes, encoding: str) -> str | None:
    try:
        return sample.decode(encoding)
    except UnicodeDecodeError:
        return None
