"""What a soak judges by: its clock, its schedule, and what a window may end as."""

from collections import Counter
import math
import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

from benchmarks.soak.account import judge_energy
from benchmarks.soak.clock import Clock
from benchmarks.soak.home_log import HomeLog
from benchmarks.soak.judging import growths, log_lines
from benchmarks.soak.plan import HOUR, Kind, schedule
from benchmarks.soak.truth import Truth, Verdict
from benchmarks.soak.watch import Look
from demo.truth import Sample

THRESHOLDS = (1000, 2000)
WINDOW = 300
START = 1_795_500_000 // WINDOW * WINDOW
WAITS = """
import threading, time
while input():
    before = time.monotonic(), time.time()
    threading.Event().wait(20)
    time.sleep(20)
    print(time.monotonic() - before[0], time.time() - before[1], flush=True)
"""


def verdict(
    log: HomeLog | None = None,
    *,
    window: int = 0,
    silent: range = range(0),
    watts: int = 1500,
) -> Verdict:
    """Judge a window of a meter that sends 1500 W every 6 s, but not in `silent`."""
    samples = [
        Sample(time=START + second, watts=watts)
        for second in range(-3000, 6000, 6)
        if second not in silent
    ]
    truth = Truth(samples, log or HomeLog(), THRESHOLDS, lateness=2)
    return truth.verdict(START + window * WINDOW, WINDOW)


def stepped(at: float, wrong: float) -> HomeLog:
    """Return the log of a home whose clock was set wrong."""
    log = HomeLog()
    log.stepped(START + at, wrong)
    return log


def killed(at: float, started: float) -> HomeLog:
    """Return the log of a home that was killed, and started again."""
    log = HomeLog(away=[(START + at, START + started, START + started + 5)])
    log.uncertain += [
        (START + at - 44, START + at),
        (START + started, START + started + 20),
    ]
    return log


def test_a_window_that_was_heard_has_one_end() -> None:
    heard = verdict()
    assert heard.is_certain
    assert heard.buckets == {2}


def test_a_mean_at_a_threshold_may_be_on_either_side() -> None:
    assert verdict(watts=1000).buckets == {1, 2}


def test_a_meter_that_was_silent_leaves_a_window_missing() -> None:
    assert not verdict(silent=range(300)).buckets
    assert verdict(silent=range(60)).buckets == {2}
    assert not verdict(silent=range(60)).may_be_missing
    assert verdict(silent=range(30, 208)).may_be_missing


def test_a_kill_leaves_a_window_missing_only_if_half_of_it_was_lost() -> None:
    # Nobody has the port open meanwhile, and the meter records what was heard.
    assert verdict(killed(100, 110), silent=range(100, 110)).buckets == {2}
    assert not verdict(killed(100, 110), silent=range(100, 110)).may_be_missing
    assert verdict(killed(50, 180), silent=range(50, 180)).may_be_missing
    assert verdict(killed(50, 180), silent=range(50, 180)).buckets == {2}
    assert not verdict(killed(50, 280), silent=range(50, 280)).buckets
    assert verdict(killed(100, 400)).why == "ended while away"
    assert verdict(killed(-100, 400), window=1).is_certain


def test_what_the_clock_skipped_is_missing_and_what_it_lives_twice_is_built_once() -> (
    None
):
    assert verdict(stepped(-50, 600)).why == "skipped by the clock"
    assert verdict(stepped(100, 30)).why == "clock was set in it"
    assert verdict(stepped(1000, -900)).is_certain
    assert verdict(stepped(1000, -900), window=1).buckets == {2}
    assert verdict(stepped(-1000, 300), window=2).buckets == {2}


def test_a_total_that_falls_or_is_another_is_told() -> None:
    assert not list(judge_energy([0.0, 1.0, 1.0, 2.0], 1.9, 2.01))
    assert len(list(judge_energy([0.0, 1.0, 0.9, 2.0], 2.0, 2.0))) == 1
    assert len(list(judge_energy([0.0, 1.0], 1.9, 2.0))) == 1
    assert len(list(judge_energy([0.0, 2.1], 1.9, 2.0))) == 1
    assert len(list(judge_energy([], 1.9, 2.0))) == 1


def test_what_a_kill_took_need_not_be_in_the_total() -> None:
    samples = [Sample(time=START + 6 * number, watts=1000) for number in range(601)]
    whole = Truth(samples, HomeLog(), THRESHOLDS, lateness=2).energy()
    assert whole == pytest.approx((1, 1), abs=0.01)
    least, most = Truth(samples, killed(400, 400), THRESHOLDS, lateness=2).energy()
    assert most == pytest.approx(whole[0])
    assert most - least == pytest.approx(70 / 3600, abs=0.004)


def test_a_seed_chooses_the_same_faults_and_all_kinds_in_a_day() -> None:
    faults = schedule(5, 24)
    assert faults == schedule(5, 24)
    assert faults != schedule(6, 24)
    assert {fault.kind for fault in faults} == set(Kind)
    last = {fault.kind for fault in faults if fault.at + fault.lasting > 12 * HOUR}
    assert not last & {Kind.HOME_KILLED, Kind.PROVIDER_KILLED}


def looks(grows_by: float) -> list[Look]:
    """Return looks at a process whose memory grows, and goes up and down."""
    return [
        Look(
            time=300.0 * number,
            process="Provider",
            pid=7,
            memory=100 + math.sin(number) + grows_by * number / 100,
            files=10,
            threads=3,
        )
        for number in range(101)
    ]


def test_growth_is_told_from_noise() -> None:
    assert all(one.grown <= one.most for one in growths(looks(0), since=0))
    memory, *_ = growths(looks(4), since=0)
    assert memory.grown == pytest.approx(4, abs=0.2)
    assert memory.grown > memory.most


def test_a_log_is_told_by_what_it_says() -> None:
    usual = "2026-11-24 19:02:11 ERROR (MainThread) [haffmpeg] FFmpeg 4 fails\n"
    again = usual.replace("4", "5")
    new = "2026-11-24 19:02:12 ERROR (MainThread) [custom_components.x] All is lost\n"
    expected, others = log_lines(usual, usual + again + new)
    assert expected == Counter({"said at every start": 1})
    assert others == ["ERROR custom_components.x: All is lost"]


@pytest.mark.skipif(not shutil.which("cc"), reason="install a C compiler")
def test_processes_live_by_the_soaks_clock(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    clock.run(400)
    with subprocess.Popen(  # noqa: S603  # our own
        [sys.executable, "-c", WAITS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | clock.environment("home"),
    ) as process:
        told, heard = process.stdin, process.stdout
        assert told is not None
        assert heard is not None

        def waited() -> list[float]:
            print("wait", file=told, flush=True)
            return [float(seconds) for seconds in heard.readline().split()]

        monotonic, wall = waited()
        assert monotonic >= 40
        assert wall == pytest.approx(monotonic, abs=1)
        clock.set_wrong(-3600)
        before = clock.now()
        assert waited()[0] >= 40
        assert clock.now() - before >= 40
        told.close()
