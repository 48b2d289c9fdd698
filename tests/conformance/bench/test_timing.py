"""In turn: who is timed after whom, how often, and what is noted of each."""

import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from iaf_ref_conformance.bench import run, timing, verify
from iaf_ref_conformance.bench.entry import Entry, Size
from iaf_ref_conformance.bench.jobs import Job, MemoryJob, points, posed
from iaf_ref_conformance.bench.row import Row
from iaf_ref_conformance.bench.run import entries_of
from iaf_ref_conformance.bench.schedule import schedule, strides
from iaf_ref_conformance.bench.timing import Effort, Warm, interleaved, samples
from iaf_ref_conformance.bench.verify import WrongAnswerError, verified
from iaf_ref_conformance.bench.verify import _worst as worst_of
from iaf_ref_conformance.cli_bench_watch import Bar, Lines

SIZE, WAKE = Size(4, 8, 5), timing.WAKE


def entry(who: str) -> Entry:
    return Entry(who, "inverse", SIZE, "sequential")


@pytest.mark.parametrize("rounds", [[1], [5, 64], [3, 10, 33, 64], [7, 7]])
def test_whoever_is_timed_in_a_round_is_timed_beside_all_who_are_faster(rounds) -> None:
    taken = {k: [who for j, who in schedule(rounds) if j == k] for k in range(max(rounds))}
    for who, wished in enumerate(rounds):
        mine = [k for k, present in taken.items() if who in present]
        assert wished <= len(mine) <= 2 * wished
        faster = {other for other, more in enumerate(rounds) if more >= wished}
        assert all(faster <= set(taken[k]) for k in mine)


def test_they_are_timed_one_after_the_other() -> None:
    forwards = [0, 1, 2]
    backwards = forwards[::-1]
    assert list(schedule([2, 2, 2])) == [*((0, k) for k in forwards), *((1, k) for k in backwards)]
    assert strides([64, 30, 5]) == [1, 2, 8]


@pytest.mark.parametrize("effort", [run.FULL, run.QUICK, *run.OTHERS.values()])
def test_of_two_each_is_first_in_half_of_the_rounds_however_slow(effort: Effort) -> None:
    for wished in range(effort.least, effort.most + 1):
        order = [k for k, _ in schedule([effort.most, wished])]
        both = [k for k in set(order) if order.count(k) == 2]
        first = [next(who for j, who in schedule([effort.most, wished]) if j == k) for k in both]
        assert first.count(0) == first.count(1) > 1


def test_all_calls_are_made_and_all_samples_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(timing.time, "sleep", pauses.append)
    calls: list[str] = []
    jobs = [Job(entry(who), lambda who=who: calls.append(who), None, 4) for who in "ab"]
    told: list[str] = []
    effort = Effort(1.0, 2, 8)
    warm = [Warm(jobs[0], 9.0, 0.1, None), Warm(jobs[1], 9.0, 0.5, 0.25)]
    found = interleaved(warm, effort, told.append, {})
    assert [w.rounds(effort) for w in warm] == [8, 2]
    assert calls == [*"aabb", *"aa" * 3, *"bbaa", *"aa" * 3]  # one call more before each sample
    assert pauses == [timing.PAUSE] * 5  # before each who is another one than the one before
    assert len(told) == len(calls) // 2 == samples(warm, effort)
    assert [sorted(t.values) for t in found] == [list(range(8)), [0, 4]]
    assert [(t.first, t.error, t.loops) for t in found] == [(9.0, None, 1), (9.0, 0.25, 1)]


def test_who_raises_is_noted_and_left_out_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timing.time, "sleep", lambda _: None)
    calls: list[str] = []

    def breaks() -> None:
        calls.append("b")
        if calls.count("b") > 2:
            raise RuntimeError("no memory")

    jobs = [Job(entry("a"), lambda: calls.append("a"), None, 4), Job(entry("b"), breaks, None, 4)]
    failed: dict[Entry, str] = {}
    warm = [Warm(job, 9.0, 2.0, None) for job in jobs]  # so slow that none is called to wake it
    found = interleaved(warm, Effort(1.0, 4, 4), lambda _: None, failed)
    assert calls == [*"ab", *"ba", *"ba", "a"]
    assert [t.entry.who for t in found] == ["a"]
    assert list(failed.values()) == ["it raised RuntimeError: no memory"]


def test_a_sample_of_the_fast_is_the_mean_of_many_calls() -> None:
    calls: list[int] = []
    job = Job(entry("numpy"), lambda: calls.append(1), None, 4)
    warm = Warm(job, 1.0, timing.SAMPLE / 3, None)
    assert warm.loops == 3
    assert job.sample(warm.loops) > 0
    assert len(calls) == 3


@pytest.mark.parametrize(("taken", "more"), [(WAKE / 7, 7), (WAKE, 1), (0.9, 1), (timing.LONG, 0)])
def test_calls_go_before_a_sample_unless_they_are_long(
    monkeypatch: pytest.MonkeyPatch, taken: float, more: int
) -> None:
    monkeypatch.setattr(timing, "WAKE", WAKE)  # a tiny run of the session has none
    calls: list[int] = []
    Warm(Job(entry("numpy"), lambda: calls.append(1), None, 4), 1.0, taken, None).wake()
    assert len(calls) == more


def test_memory_is_the_peak_of_one_call() -> None:
    job = MemoryJob(entry("numpy"), lambda: np.ones(1 << 17), None, 8)
    assert Warm(job, 1.0, 1e-6, None).loops == 1
    assert 1 << 20 <= job.sample(1) < 1.1 * (1 << 20)


def test_a_right_answer_is_within_the_bound_and_a_wrong_one_is_not_timed() -> None:
    flow = posed(SIZE, "softclip", "float32").flow
    x, y = points(SIZE, "softclip", "float32")
    back, ahead = (Entry("numpy", task, SIZE, flow="softclip") for task in ("inverse", "forward"))
    answer = flow.inverse(y, method="sequential")
    assert 0 <= verified(back, answer, "float32") <= 1
    assert 0 <= verified(ahead, flow.forward(x), "float32") <= 1
    for one in (back, ahead):
        for wrong in ((answer[0] + np.float32(1e-3), answer[1]), (answer[0] * np.nan, answer[1])):
            with pytest.raises(WrongAnswerError, match="expected an error of at most"):
                verified(one, wrong, "float32")


def test_an_infinite_bound_excuses_nothing_and_nan_is_the_worst() -> None:
    one = np.ones(2)
    assert worst_of([(one, 2 * one), (0 * one, 0 * one)]) == 0.5
    assert worst_of([(one, 2 * one), (0 * one, np.inf * one)]) == np.inf
    assert worst_of([(one, 0 * one)]) == np.inf
    assert np.isnan(worst_of([(np.array([0.0, np.nan]), one), (one, one)]))


@pytest.mark.parametrize("task", ["inverse", "forward"])
def test_an_answer_without_a_finite_bound_is_wrong(
    monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    def endless(bound: object) -> float:
        return np.inf

    monkeypatch.setattr(verify.tracked, "error", endless)
    x, y = points(SIZE, "exp", "float32")
    flow = posed(SIZE, "exp", "float32").flow
    answer = flow.forward(x) if task == "forward" else flow.inverse(y)
    with pytest.raises(WrongAnswerError, match="expected an error of at most"):
        verified(Entry("numpy", task, SIZE), answer, "float32")


def test_the_first_calls_come_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(run.time, "sleep", lambda seconds: done.append(f"sleep {seconds}"))
    run.warmed(Job(entry("numpy"), lambda: done.append("call"), None, 4), "float32")
    assert done[:3] == [f"sleep {run.PAUSE}", "call", "call"]
    for name, more in (("SAMPLE", 1), ("LONG", 0)):
        monkeypatch.setattr(timing, name, 1e-12)  # every call is longer
        done.clear()
        run.warmed(Job(entry("numpy"), lambda: done.append("call"), None, 4), "float32")
        assert done == [f"sleep {run.PAUSE}", "call", "call", *["call"] * more]


def test_first_calls_that_are_slow_do_not_make_samples_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(Job):
        """Ten calls take 8 ms, those that follow 1 ms."""

        done = 0

        def sample(self, loops: int) -> float:
            taken = sum(8.0 if Slow.done + k < 10 else 1.0 for k in range(loops)) / loops
            Slow.done += loops
            return taken / 1024

    monkeypatch.setattr(timing, "SAMPLE", 64 / 1024)
    monkeypatch.setattr(timing, "seconds", lambda _: 8 / 1024)
    found = timing.calibrated(Slow(entry("jax"), lambda: None, None, 4))
    assert (found, Slow.done) == (1 / 1024, 8 + 8 + 24)
    monkeypatch.setattr(timing, "seconds", lambda _: 96 / 1024)  # longer than a sample
    assert timing.calibrated(Slow(entry("jax"), lambda: None, None, 4)) == 1 / 1024
    monkeypatch.setattr(timing, "seconds", lambda _: 8 / 1024)
    memory = MemoryJob(entry("numpy"), lambda: None, None, 8)
    assert timing.calibrated(memory) == 8 / 1024  # its samples are no times


def test_who_breaks_down_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Maker:
        def job(self, asked: Entry) -> Job:
            if asked.who == "pyro":
                raise RuntimeError("no such\nlayer")
            return Job(asked, lambda: sum(range(1000)), None, 4)

    class Watch:
        def __init__(self) -> None:
            self.expected, self.begun = 0, 0
            self.tables: list[tuple[Any, ...]] = []

        def begin(self, *table: Any) -> None:
            self.tables.append(table)

        def expect(self, steps: int) -> None:
            self.expected += steps

        def advance(self, what: str) -> None:
            self.begun += 1

    monkeypatch.setattr(run, "FULL", Effort(0.0, 2, 4))
    watch, both = Watch(), (entry("pyro"), entry("numpy"))
    makers = dict.fromkeys(("pyro", "numpy"), Maker())
    rows = [Row("a", "t", "a", "ratio", (both,)), Row("b", "t", "b", "first", (both[1:],))]
    found = run.run(rows, makers, "float32", False, watch)
    assert found.failed == {both[0]: "it raised RuntimeError: no such layer"}
    assert [row.spread is None for row in found.rows] == [True, False]
    assert watch.begun == watch.expected
    assert watch.tables == [("t", 2, 1, 1)]
    assert entries_of(rows) == list(both)


def test_who_breaks_down_in_one_table_may_do_in_the_next() -> None:
    class Maker:
        made = 0

        def job(self, asked: Entry) -> Job:
            Maker.made += 1
            if Maker.made == 1:
                raise MemoryError
            return Job(asked, lambda: sum(range(1000)), None, 4)

    rows = [Row(name, name, "a", "first", ((entry("numpy"),),)) for name in ("one", "two")]
    found = run.run(rows, {"numpy": Maker()}, "float32", True, Lines())
    assert [row.spread is None for row in found.rows] == [True, False]
    assert [len(found.tables[name]) for name in ("one", "two")] == [0, 1]


def test_an_interrupt_of_a_call_is_no_failure_of_who_is_called() -> None:
    class Maker:
        def job(self, asked: Entry) -> Job:
            def call() -> int:
                if asked.who == "jax":
                    raise KeyboardInterrupt
                return sum(range(1000))

            return Job(asked, call, None, 4)

    rows = [Row(who, who, "a", "first", ((entry(who),),)) for who in ("numpy", "jax", "torch")]
    makers = dict.fromkeys(("numpy", "jax", "torch"), Maker())
    found = run.run(rows, makers, "float32", True, Lines())
    assert (found.stopped, found.failed) == (["jax", "torch"], {})
    assert [row.row.id for row in found.rows] == ["numpy"]


def test_the_bar_shows_what_runs_and_counts_what_has_run() -> None:
    with Progress(console=Console(file=io.StringIO()), auto_refresh=False) as bar:
        told = Bar(bar)
        told.begin("table", 2, 1, 1)
        told.expect(2)
        told.expect(1)
        for name in ("first", "second"):
            told.advance(name)
        (task,) = bar.tasks
    assert (task.description, task.completed, task.total) == ("second", 1, 3)
