"""The plain computation that everything is compared with, on cases done by hand."""

import pytest

from demo.truth import Sample, bucket, mean_power, possible_buckets

THRESHOLDS = (1000, 2000, 3000)


def samples(*pairs: tuple[float, int]) -> list[Sample]:
    return [Sample(time=time, watts=watts) for time, watts in pairs]


def test_mean_is_weighted_by_time() -> None:
    mean = mean_power(
        samples((95, 300), (100, 300), (110, 600), (115, 600), (130, 0), (131, 0)),
        100,
        30,
    )
    assert mean is not None
    assert mean.watts == pytest.approx((300 * 10 + 600 * 20) / 30)


def test_a_sample_counts_as_the_middle_one_of_three() -> None:
    mean = mean_power(samples((100, 300), (110, 9000), (120, 310), (130, 320)), 100, 30)
    assert mean is not None
    assert mean.watts == pytest.approx((300 + 310 + 320) / 3)
    assert mean_power(samples((100, 300)), 100, 30) is None


def test_a_sample_holds_for_thirty_seconds() -> None:
    given = samples((89, 400), (90, 400), (300, 9000), (301, 9000))
    mean = mean_power(given, 100, 40)
    assert mean is not None
    assert mean.watts == pytest.approx(400)
    assert mean_power(given, 100, 41) is None


def test_nothing_is_known_without_samples() -> None:
    assert mean_power([], 100, 30) is None


def test_lateness_moves_the_mean_by_the_steps_in_the_window() -> None:
    mean = mean_power(
        samples((100, 0), (105, 0), (110, 3000), (115, 3000), (120, 0), (125, 0)),
        100,
        30,
    )
    assert mean is not None
    assert mean.watts == pytest.approx(1000)
    # Each of the two steps of 3000 W may be half a second late, of 30 s.
    assert mean.lowest == pytest.approx(950 - 0.5)
    assert mean.highest == pytest.approx(1050 + 0.5)
    assert possible_buckets(mean, THRESHOLDS) == {1, 2}


def test_steady_power_leaves_no_doubt() -> None:
    mean = mean_power(samples((100, 990), (115, 990)), 100, 30)
    assert mean is not None
    assert possible_buckets(mean, THRESHOLDS) == {1}


@pytest.mark.parametrize(
    ("watts", "expected"),
    [(0, 1), (1000, 1), (1000.1, 2), (2000, 2), (3000, 3), (3000.1, 0), (90000, 0)],
)
def test_bucket(watts: float, expected: int) -> None:
    assert bucket(watts, THRESHOLDS) == expected
