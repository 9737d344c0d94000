"""python -m tests.fuzz command 600: feed a parser for so many seconds (make fuzz does all of them)."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> None:
    """Fuzz the target that is named, guided by what of the bot it reaches."""
    import atheris  # noqa: PLC0415 - only where it is asked for: it has no wheels for every machine

    name, seconds = sys.argv[1], sys.argv[2]
    with atheris.instrument_imports(include=["bot"]):
        from tests.fuzz.targets import SEEDS, TARGETS  # noqa: PLC0415

    with TemporaryDirectory(prefix="fuzz-") as corpus:
        for number, seed in enumerate(SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup(
            [sys.argv[0], corpus, f"-max_total_time={seconds}", "-max_len=2048", "-timeout=10"], TARGETS[name]
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
