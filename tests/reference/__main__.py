"""Writes the generated pages."""

from tests.reference import DOCS, PAGES

for name, document in PAGES.items():
    (DOCS / name).write_text(document(), encoding="utf-8")
