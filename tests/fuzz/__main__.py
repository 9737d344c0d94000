"""python -m tests.fuzz command 600: fuzz one parser for some seconds (`make fuzz` fuzzes all of them)."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> None:
    """Fuzz the named target, guided by the bot's code that an input reaches."""
    import atheris  # noqa: PLC0415 - not installed everywhere: it has no wheels for some machines

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
