"""The version of Homeroom that is running."""

import tomllib
from importlib import metadata
from pathlib import Path

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def version(project: Path = _PROJECT) -> str:
    """Return the installed version, or the version that a source checkout declares."""
    try:
        return metadata.version("homeroom")
    except metadata.PackageNotFoundError:
        if not project.exists():
            return "unknown"
        with project.open("rb") as file:
            return f"{tomllib.load(file)['project']['version']} (a checkout)"
