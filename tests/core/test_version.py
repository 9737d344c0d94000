"""The version of Homeroom: of the installation, or else the next one for a checkout."""

from importlib import metadata
from pathlib import Path

import pytest

from bot.core.version import version


def test_the_version_that_is_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", {"homeroom": "7.8"}.__getitem__)
    assert version() == "7.8"


def test_a_checkout_tells_what_its_project_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    project = tmp_path / "pyproject.toml"
    assert version(project) == "unknown"
    project.write_text('[project]\nversion = "7.8"\nauthors = ["Zoë"]\n', "utf-8")
    assert version(project) == "7.8 (a checkout)"
