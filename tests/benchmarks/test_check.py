"""A ratio above its bound fails the check; one bad moment of the machine does not."""

from collections.abc import Callable
from itertools import chain, repeat
import tomllib

import pytest

from benchmarks import check


def ratio(*values: float) -> Callable[[], float]:
    """Return what measures these values, the last one again and again."""
    found = chain(values, repeat(values[-1]))
    return lambda: next(found)


def test_a_ratio_below_its_bound_passes() -> None:
    assert check.compare({"garble": ratio(7.9)}, {"garble": 9.0}) == {}


def test_a_ratio_that_stays_above_its_bound_fails() -> None:
    measured = {"garble": ratio(12.0, 11.0), "evaluate": ratio(7.5)}
    above = check.compare(measured, {"garble": 9.0, "evaluate": 9.0})
    assert above == {"garble": 11.0}


def test_a_bad_moment_is_measured_again() -> None:
    assert check.compare({"garble": ratio(12.0, 7.9)}, {"garble": 9.0}) == {}


def test_a_ratio_without_a_bound_is_no_check() -> None:
    with pytest.raises(ValueError, match="evaluate"):
        check.compare({"garble": ratio(1), "evaluate": ratio(1)}, {"garble": 2.0})


def test_a_bad_ratio_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bounds = tomllib.loads(check.BOUNDS.read_text())
    measured = dict.fromkeys(bounds, ratio(0.0))
    monkeypatch.setattr(check, "ratios", lambda: measured)
    assert check.main() == 0
    name = "garble to its AES"
    measured[name] = ratio(1.01 * bounds[name])
    assert check.main() == 1
    assert f"Slower than it was: {name}" in capsys.readouterr().out


def test_every_ratio_has_its_bound() -> None:
    assert check.ratios().keys() == tomllib.loads(check.BOUNDS.read_text()).keys()
