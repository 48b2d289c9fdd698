"""A testee that crashes, hangs or talks nonsense costs its case, is reported, and started again."""

import os
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iaf_ref_conformance.cases import Case
from iaf_ref_conformance.checks.patience import patient
from iaf_ref_conformance.testee import process
from iaf_ref_conformance.testee import session as sessions
from iaf_ref_conformance.testee.process import Overdue, Process, ProgramError
from iaf_ref_conformance.testee.session import Session

X = np.arange(6.0).reshape(2, 3)
Make = Callable[..., Session]


def forward(session: Session, case: Case) -> tuple[np.ndarray, ...]:
    return session.ask(case, "forward", {"x": X})


def check_well(session: Session, case: Case) -> None:
    y, log_det = forward(session, case)
    assert np.array_equal(y, X[:, case.text["order"]])
    assert log_det.tolist() == [0.0, 0.0]


def test_a_testee_answers(session: Make, permutation: Case) -> None:
    well = session()
    assert well.start().name == "permuter"
    for _ in range(3):
        check_well(well, permutation)
    assert well.restarts == 0


@pytest.mark.parametrize(
    ("at_first", "words"),
    [
        ("os._exit(7)", "forward: expected an answer, got none: it ended with exit code 7"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "it ended by signal 11, Segmentation fault"),
        ("print('half a li', end='', flush=True); os._exit(0)", "ended with exit code 0"),
        ("os.close(1); time.sleep(60)", "it closed its standard output"),
        ("print('loading', flush=True)", "expected a line of JSON, got 'loading'"),
        (r"os.write(1, b'\xff\x00\x1b[2J\n')", r"expected a line of JSON, got '\ufffd\?\?\[2J'"),
        ("print('[' * 100000, flush=True)", r"expected a line of JSON, got '\[\[\["),
        ("print('{\"seq\": NaN}', flush=True)", "expected a line of JSON, got '{"),
        ("say(1)", r"expected testee-answer.schema.json at \$, got: 1 is not of type 'object'"),
        ("say({})", r"at \$, got: 'seq' is a required property"),
        ("say({'seq': 1})", r"at \$, got: {'seq': 1} is not valid under any of the given"),
        ("answer['values']['y']['shape'] = [-1]", r"at \$.values.y.shape\[0\], got: -1 is less"),
        ("answer['values']['y']['data'][0] = '1.5'", r"at \$.values.y.data\[0\], got: '1.5' does"),
        ("answer['values']['y']['data'][0] = True", r"at \$.values.y.data\[0\], got: True is not"),
        ("answer['seq'] = 0", "forward: seq: expected 1, got 0"),
        ("print('lost', file=sys.stderr); os._exit(1)", "code 1; standard error: lost$"),
        ("os.write(2, b'x' * 10**6 + b'END'); os._exit(1)", "standard error: [.]{3}x+END$"),
    ],
)
def test_what_is_no_answer_is_reported_and_the_next_question_is_answered(
    session: Make, permutation: Case, at_first: str, words: str
) -> None:
    broken = session(at_first)
    with pytest.raises(ProgramError, match=words):
        forward(broken, permutation)
    check_well(broken, permutation)
    assert broken.restarts == 1


@pytest.mark.parametrize(
    ("at_first", "error", "words"),
    [
        ("del answer['values']['log_det']", ProgramError, "expected the values y, log_det, got y$"),
        ("answer['values']['y']['shape'] = [7]", ProgramError, "y: expected 7 entries"),
        ("answer = {'seq': 1, 'unsupported': 'so far'}", NotImplementedError, "^so far$"),
        ("answer = {'seq': 1, 'unsupported': ''}", NotImplementedError, "without a reason"),
        (r"answer = {'seq': 1, 'unsupported': '\n\x1b[2J'}", NotImplementedError, r"^\?\[2J$"),
        (
            "answer = {'seq': 1, 'error': {'kind': 'dtype', 'message': 'x: float32'}}",
            TypeError,
            "^x: float32$",
        ),
        (
            "answer = {'seq': 1, 'error': {'kind': 'value', 'message': 'D'}, 'more': 0}",
            ValueError,
            "^D$",
        ),
        (
            "answer = {'seq': 1, 'error': {'kind': 'other', 'message': 'lost'}}",
            ProgramError,
            "^lost$",
        ),
    ],
)
def test_an_answer_without_values_needs_no_new_start(
    session: Make, permutation: Case, at_first: str, error: type[Exception], words: str
) -> None:
    refusing = session(at_first)
    with pytest.raises(error, match=words):
        forward(refusing, permutation)
    check_well(refusing, permutation)
    assert refusing.restarts == 0


def test_a_second_line_costs_the_next_case(session: Make, permutation: Case) -> None:
    talkative = session("say(answer)")
    check_well(talkative, permutation)
    with pytest.raises(ProgramError, match=r"expected one line for each question|seq"):
        forward(talkative, permutation)
    check_well(talkative, permutation)


@pytest.mark.parametrize("many", ["'x' * 2**18", "'x'"])
def test_a_line_without_end_fills_no_memory(
    session: Make, permutation: Case, monkeypatch: pytest.MonkeyPatch, many: str
) -> None:
    monkeypatch.setattr(process, "LONGEST", 2**17)
    endless = session(f"[sys.stdout.write({many}) for _ in iter(int, 1)]")
    with pytest.raises(ProgramError, match="expected lines of 131072 bytes at most, got more"):
        forward(endless, permutation)
    check_well(endless, permutation)


def test_a_testee_that_hangs_is_killed(session: Make, permutation: Case) -> None:
    hanging = session("time.sleep(600)")
    hanging.start()
    hanging.seconds = 0.2
    with pytest.raises(Overdue, match=r"forward: expected an answer within 0\.2 s, got none"):
        forward(hanging, permutation)
    hanging.seconds = 60.0
    check_well(hanging, permutation)


def test_a_question_that_is_not_read_blocks_nothing(session: Make, permutation: Case) -> None:
    deaf = session("pass", "sys.stdin.readline(); say(announcement); time.sleep(600)")
    deaf.start()
    deaf.seconds = 0.2
    with pytest.raises(Overdue, match="expected an answer within"):
        deaf.ask(permutation, "forward", {"x": np.ones((2**16, 3))})


def test_after_three_hangs_a_question_is_not_asked_any_more(
    session: Make, permutation: Case
) -> None:
    hanging = session()
    late = "forward: not asked any more, after 3 answers too late"
    with patient():
        for _ in range(3):
            hanging.start()
            hanging.seconds = 0.0
            with pytest.raises(Overdue):
                forward(hanging, permutation)
            hanging.seconds = 60.0
        with pytest.raises(ProgramError, match=late):
            forward(hanging, permutation)
        with pytest.raises(NotImplementedError, match="not announced among its questions: masks"):
            hanging.ask(permutation, "masks", {})
    with patient():  # another run, another patience
        check_well(hanging, permutation)


def test_what_is_not_announced_is_unsupported_after_any_hangs(
    session: Make, permutation: Case
) -> None:
    hanging = session(before="announcement['supports']['flows'] = ['affine']")
    with patient() as patience:
        patience.hung["forward of a program"] = 3
        with pytest.raises(NotImplementedError, match="not announced among its flows: permutation"):
            forward(hanging, permutation)


def test_one_whose_announcement_is_refused_is_ended(
    session: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, ended = session(), []
    stop = Process.stop

    def refusing(message: Any) -> Any:
        raise ProgramError("refused")

    def watched(ending: Process, line: bytes) -> None:
        stop(ending, line)
        ended.append(ending)

    monkeypatch.setattr(Process, "stop", watched)
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "announcement", refusing)
        with pytest.raises(ProgramError, match="refused"):
            refused.start()
    refused.start()
    assert (len(ended), refused.restarts) == (1, 1)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("os._exit(4)", "start: expected an answer, got none: it ended with exit code 4"),
        ("print('driver 1.2', flush=True)", "start: expected (one line|a line of JSON)"),
        ("announcement['version'] = 2", r"announcement.schema.json at \$.version, got: 1 was exp"),
        ("del announcement['device']", "'device' is a required property"),
        ("announcement['dtypes'] = {'bfloat16': 'bf16'}", "'bfloat16' was unexpected"),
        ("announcement['dtypes'] = {}", r"at \$.dtypes"),
        (r"announcement['device'] = '\x1b[2J'", r"at \$.device"),
        ("announcement['supports']['scales'] = ['sofplus']", "'sofplus' is not one of"),
    ],
)
def test_a_start_that_fails_says_why_and_is_tried_three_times(
    session: Make, before: str, words: str
) -> None:
    broken = session(before=before)
    for _ in range(3):
        with pytest.raises(ProgramError, match=words):
            broken.start()
    with pytest.raises(ProgramError, match="not started again, as it failed 3 times to start"):
        broken.start()


def test_keys_that_nobody_knows_are_ignored(session: Make, permutation: Case) -> None:
    newer = session("answer['took'] = 1; answer['values']['z'] = 0", "announcement['motto'] = 0")
    check_well(newer, permutation)


def test_a_testee_stays_what_it_announced(session: Make, permutation: Case, tmp_path: Path) -> None:
    mark = repr(str(tmp_path / "mark"))
    change = (
        "announcement['environment'] = {'time': str(time.time())}",
        f"announcement['device'] = 'npu1' if os.path.exists({mark}) else 'npu0'",
        f"open({mark}, 'w').close()",
    )
    changed = session("os._exit(1)", "\n".join(change))
    with pytest.raises(ProgramError, match="exit code 1"):
        forward(changed, permutation)
    with pytest.raises(ProgramError, match="expected the announcement of the first start"):
        forward(changed, permutation)


def test_its_own_time_limit_is_the_only_one(
    session: Make, permutation: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, left = Process.exchange, []

    def watched(*arguments: Any) -> bytes:
        left.append(signal.getitimer(signal.ITIMER_REAL)[0])
        return exchange(*arguments)

    monkeypatch.setattr(Process, "exchange", watched)
    signal.setitimer(signal.ITIMER_REAL, 1000.0)
    try:
        check_well(session(), permutation)
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    assert left == [0.0, 0.0]  # the announcement, the answer


@pytest.mark.parametrize("ending", ["killed", "stopped"])
def test_what_a_testee_has_started_ends_with_it(
    session: Make, permutation: Case, tmp_path: Path, ending: str
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    child = f"import time; f = open({str(fifo)!r}, 'wb', 0); f.write(b'x'); time.sleep(600)"
    parent = session(
        "os._exit(1)", f"subprocess.Popen([sys.executable, '-I', '-S', '-c', {child!r}])"
    )
    parent.start()
    assert select.select([read], [], [], 60.0)[0]
    assert os.read(read, 2) == b"x"
    if ending == "killed":
        with pytest.raises(ProgramError):
            forward(parent, permutation)
    else:
        parent.close()
    assert select.select([read], [], [], 60.0)[0]
    assert os.read(read, 2) == b""  # its end of the pipe is closed
    os.close(read)
