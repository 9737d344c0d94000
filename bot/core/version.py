"""Which version of Homeroom this is."""

import tomllib
from importlib import metadata
from pathlib import Path

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def version(project: Path = _PROJECT) -> str:
    """Name the version that is installed, or the one that a checkout is on its way to."""
    try:
        return metadata.version("homeroom")
    except metadata.PackageNotFoundError:
        if not project.exists():
            return "unknown"
        with project.open("rb") as file:
            return f"{tomllib.load(file)['project']['version']} (a checkout)"
