"""The page about roles and permissions says what the data say."""

from tests.permissions_document import PATH, document


def test_the_page_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == document(), "run: python -m tests.permissions_document"
