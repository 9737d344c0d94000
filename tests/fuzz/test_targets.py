"""Every fuzz target with a few random inputs; `make fuzz` runs each for ten minutes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS


@st.composite
def nearly_right(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """Take a seed and replace a part of it by something random."""
    seed = draw(st.sampled_from(seeds))
    start = draw(st.integers(0, len(seed)))
    end = draw(st.integers(start, len(seed)))
    return seed[:start] + draw(st.binary(max_size=20) | st.text(max_size=20).map(str.encode)) + seed[end:]


@pytest.mark.parametrize("name", TARGETS)
def test_it_answers_or_refuses(name: str) -> None:
    @settings(max_examples=100, derandomize=True, deadline=None, database=None)
    @given(nearly_right(SEEDS[name]))
    def feed(given: bytes) -> None:
        TARGETS[name](given)

    feed()
