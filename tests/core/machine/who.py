"""Strategies that pick who acts, and on what; admins often enough that most steps do something."""

from hypothesis import strategies as st

from tests.core.machine.stage import ADMINS, EVERYONE, NEWCOMERS, OVERSEERS

SOMEBODY = st.sampled_from(EVERYONE)
CHIEFS = st.sampled_from([*ADMINS, *ADMINS, *EVERYONE])
PEOPLE = st.sampled_from(NEWCOMERS)
NUMBER = st.integers(0, 99)
SOME_ROLES = st.lists(
    st.sampled_from(["Viewer", "Staff", "Teacher", "Observer", "School Admin", "School Admin", "Nonsense"]),
    min_size=1,
    max_size=2,
    unique=True,
)
RULERS = st.sampled_from(["root", "root", "root", *OVERSEERS, *OVERSEERS, *EVERYONE])
