"""The statistics on mutants, and the error of those of a sample."""

from tests.mutants.counting import counted, lines, module_of


def _mutant(number: int, module: str = "roles") -> str:
    return f"bot.core.{module}.x_named__mutmut_{number}"


def test_a_mutant_is_its_modules_whether_of_a_function_or_a_method() -> None:
    assert module_of("bot.core.oneroster.feed.x\u01c1_Table\u01c1read__mutmut_3") == "oneroster.feed"
    assert module_of(_mutant(1)) == "roles"


def test_what_was_tried_whole_is_certain_and_a_sample_is_not() -> None:
    mutants = [_mutant(number) for number in range(12)]
    typed = set(mutants[:2])
    outcomes = dict.fromkeys(mutants[2:11], "found by a test") | {mutants[11]: "survived"}
    *_, whole = lines(mutants, typed, outcomes)
    assert whole == (
        "12 mutants, 91.7 % (± 0.0) of them found; "
        "10 that types do not find, 90.0 % (± 0.0) of them found by tests"
    )
    some = {one: outcomes[one] for one in mutants[2:7]}
    (count,) = counted(mutants, typed, some).values()
    assert (count.tried, count.share) == (5, 1.0)
    assert count.variance > 0, "that five were found does not say that all would be"


def test_mutants_that_no_test_reaches_are_listed_and_ended_ones_counted() -> None:
    first, second = _mutant(1), _mutant(2, "grants")
    told = list(lines([first, second], set(), {first: "ended by -24", second: "no test"}))
    assert told[0] == f"no test: {second}"
    assert "| grants | 1 | 0 | 1 | 0 | 1 |" in told
    assert "| roles | 1 | 0 | 1 | 1 | 0 |" in told
