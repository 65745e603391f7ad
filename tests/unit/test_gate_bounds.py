"""A batch is bad as a whole only on evidence."""

from dataclasses import dataclass

from aftercare.gate.bounds import judge_share
from aftercare.gate.model import Failure


@dataclass(frozen=True)
class Bounds:
    bad_share: float = 0.5
    min_rows: int = 20


ADDRESS = Failure("address-valid", "the e-mail address is not one")
LONG = Failure("address-length", "the e-mail address is not one")
NAME = Failure("name-no-token", "the name is a token, not a name")


def failing(number: int, *failures: Failure) -> dict[str, list[Failure]]:
    return {f"t{i}": list(failures or (ADDRESS,)) for i in range(number)}


def test_three_bad_rows_of_four_are_no_outage() -> None:
    assert judge_share("apology", 4, failing(3), Bounds()) is None


def test_a_batch_of_nineteen_is_too_small_to_judge() -> None:
    assert judge_share("apology", 19, failing(19), Bounds()) is None


def test_exactly_half_is_still_a_batch() -> None:
    assert judge_share("apology", 20, failing(10), Bounds()) is None


def test_more_than_half_of_twenty_stops_and_says_what_was_seen() -> None:
    words = judge_share("apology", 20, failing(11), Bounds())
    assert words == "11 of 20 rows are bad, 11 of them because the e-mail address is not one"


def test_the_expectation_that_most_rows_fail_is_named() -> None:
    failures = failing(12, NAME) | {f"u{i}": [ADDRESS] for i in range(5)}
    assert "12 of them because the name is a token" in str(
        judge_share("apology", 20, failures, Bounds())
    )


def test_a_row_counts_once_for_the_same_words() -> None:
    words = judge_share("apology", 20, failing(11, ADDRESS, LONG), Bounds())
    assert "11 of them" in str(words)


def test_on_a_tie_the_first_expectation_is_named() -> None:
    assert "not one" in str(judge_share("apology", 20, failing(11, ADDRESS, NAME), Bounds()))
    assert "token" in str(judge_share("apology", 20, failing(11, NAME, ADDRESS), Bounds()))
