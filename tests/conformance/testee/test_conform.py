"""``iaf-ref conform --exec``: the testee in C conforms, with one bug it does not; how it ends."""

import json
import os
import re
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from iaf_ref_conformance import corpus
from iaf_ref_conformance.cli import main
from iaf_ref_conformance.report import schema
from iaf_ref_conformance.subjects.entries import MissingSubjectError
from iaf_ref_conformance.testee import subject
from iaf_ref_conformance.testee.process import Process

PAGE = Path(__file__).resolve().parents[3] / "conformance" / "PROTOCOL.md"
PATIENCE = ("--timeout", "120")
PERMUTATIONS = ("--case", "chain-permutation-d3-*")
# A question on masks, but for the number of context variables and a degree.
ASKED = (
    '{"cmd":"ask","seq":1,"question":"masks","dtype":"float64","inputs":{},"weights":{},"flow":'
    '{"kind":"affine","context_dim":%s,"degrees":[%s],"hidden_degrees":[],"adjacency":null}}'
)
# Hands lines on, to a testee and back, until one is the question of which it makes nothing.
HANGING = """
import subprocess, sys, time
pipe = subprocess.PIPE
testee = subprocess.Popen([{testee!r}], stdin=pipe, stdout=pipe, bufsize=0)
for line in sys.stdin.buffer:
    if {flow!r} in line:
        time.sleep(600)
    testee.stdin.write(line)
    if b'"stop"' not in line:
        sys.stdout.buffer.write(testee.stdout.readline())
        sys.stdout.flush()
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["conform", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def test_the_testee_in_c_conforms(compiled: Callable[..., str], tmp_path: Path) -> None:
    command = shlex.quote(compiled())
    result = call("--exec", command, *PATIENCE, "--json", "out.json")
    assert result.exit_code == 0, result.output
    assert re.search(r"GRAD-1 +unsupported: no gradient", result.output)
    document = json.loads((tmp_path / "out.json").read_text())
    Draft202012Validator(schema()).validate(document)
    assert [run["dtype"] for run in document["runs"]] == ["float32", "float64"]
    for run in document["runs"]:
        assert (run["subject"], run["device"]) == ("iaf-testee-c", "cpu")
        left = {case["id"]: case["reason"] for case in run["cases"] if case["status"] != "passed"}
        derivatives = set(corpus.load().select(["grad-*"]).ids)
        assert run["counts"]["passed"] == len(corpus.load()) - len(derivatives) - 1
        assert {left.pop(name) for name in derivatives} == {"the subject has no method gradient"}
        assert list(left.values()) == ["not announced among its bases: low_rank"]
        assert run["environment"] | {"command": command, "restarts": "0"} == run["environment"]
        assert run["environment"]["language"] == "C99"


def test_the_testee_in_c_with_one_bug_fails_the_clause(compiled: Callable[..., str]) -> None:
    command = shlex.quote(compiled("-DBUG=1"))
    result = call("--exec", command, *PATIENCE, "--clause", "MASK-5", "--case", "masks-*")
    assert result.exit_code == 1
    (told,) = [line for line in PAGE.read_text().splitlines() if line.startswith("    FAILED")]
    assert told.strip() in result.output


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("[" * 64 + "]" * 64, "expected this key, got a message without"),
        (
            "[" * 65 + "]" * 65,
            "expected lists and objects in one another 64 deep at most, got more",
        ),
        ("[" * 10**6, "expected lists and objects in one another 64 deep at most, got more"),
        (ASKED % ("1e300", "1"), "expected an integer from 0 on that int holds, got another"),
        (ASKED % ("2147483648", "1"), "expected an integer from 0 on that int holds, got another"),
        (ASKED % ("-1", "1"), "expected an integer from 0 on that int holds, got another"),
        (ASKED % ("0", "1.5"), "expected an integer from 0 on that int holds, got another"),
        (ASKED % ("0", "-nan"), "expected an integer from 0 on that int holds, got another"),
        (ASKED % ("0", "null"), "expected an integer from 0 on that int holds, got another"),
    ],
)
def test_the_testee_in_c_refuses_what_it_cannot_hold(
    compiled: Callable[..., str], message: str, words: str
) -> None:
    given = f"{message}\n".encode()
    ended = subprocess.run([compiled()], input=given, capture_output=True, check=False)
    assert ended.returncode == 2
    assert words in ended.stderr.decode()


def test_a_testee_stands_beside_other_subjects(command: Callable[..., str]) -> None:
    result = call("numpy", "--exec", command(), *PATIENCE, *PERMUTATIONS)
    assert result.exit_code == 0
    assert "numpy float64 conforms" in result.output
    assert "permuter float64 conforms" in result.output
    assert "agreement, float64" in result.output


def test_a_crash_costs_its_case_and_no_other(command: Callable[..., str], tmp_path: Path) -> None:
    crashing = command("os._exit(9)")
    cases = ("--case", "chain-permutation-d*")
    result = call("--exec", crashing, *PATIENCE, *cases, "--json", "out.json")
    assert result.exit_code == 1
    (run,) = json.loads((tmp_path / "out.json").read_text())["runs"]
    failed = [case for case in run["cases"] if case["status"] == "failed"]
    assert [case["id"] for case in failed] == [run["cases"][0]["id"]]
    assert "forward: expected an answer, got none: it ended with exit code 9" in failed[0]["reason"]
    assert run["counts"]["passed"] == run["counts"]["expected"] - 1 > 0
    assert run["environment"]["restarts"] == "1"


def test_a_hang_costs_its_case_and_no_other(
    compiled: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, exchange, late = corpus.load(), Process.exchange, []
    (hangs,) = whole.select(["step-affine-d16-*"]).ids
    degrees = list(whole.case(hangs, "float64").text["degrees"])  # no other step has them
    flow = json.dumps(degrees, separators=(",", ":")).encode()

    def hurried(process: Process, said: bytes, seconds: float) -> bytes:
        late.extend([said] * (flow in said))
        return exchange(process, said, 0.2 if flow in said else seconds)

    monkeypatch.setattr(Process, "exchange", hurried)
    wrapper = tmp_path / "wrapper.py"
    wrapper.write_text(HANGING.format(testee=compiled(), flow=flow))
    command = shlex.join([sys.executable, "-I", "-S", str(wrapper)])
    asked = ("--dtype", "float64", "--case", "step-*", "--json", "out.json")
    result = call("--exec", command, *PATIENCE, *asked)
    assert result.exit_code == 1
    (run,) = json.loads((tmp_path / "out.json").read_text())["runs"]
    (failed,) = [case for case in run["cases"] if case["status"] != "passed"]
    assert (failed["id"], failed["status"]) == (hangs, "failed")
    assert "forward: expected an answer within 0.2 s, got none" in failed["reason"]
    assert run["cases"][-1]["id"] > hangs  # it is not the last that is asked
    assert len(late) == 1


def test_a_refusal_by_dtype_is_a_type_error(command: Callable[..., str]) -> None:
    kind = "{'kind': 'dtype', 'message': 'x'}"
    refusing = command(f"answer = {{'seq': 1, 'error': {kind}}}")
    result = call("--exec", refusing, *PATIENCE, *PERMUTATIONS)
    assert result.exit_code == 1
    assert "raised TypeError: x" in result.output


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        ("", 2, "--exec: expected a command, got ''"),
        ("'", 2, '--exec: expected a command, got "\'": No closing quotation'),
        ("./nosuch --fast", 3, "./nosuch --fast: expected a program that speaks the testee"),
        (".", 3, "Permission denied"),
        (f"{sys.executable} -c 1", 3, "got none: it ended with exit code 0"),
        ("cat", 3, "expected testee-announcement.schema.json at $, got: 'name' is a required"),
    ],
)
def test_a_program_that_cannot_be_had(wanted: str, code: int, words: str) -> None:
    result = call("--exec", wanted, "numpy", *PERMUTATIONS, *PATIENCE)
    assert result.exit_code == code
    assert words in " ".join(result.stderr.split())
    assert ("numpy float64 conforms" in result.stdout) == (code == 3)


def test_a_start_that_hangs_is_missing(command: Callable[..., str]) -> None:
    hanging = command(before="time.sleep(600)")
    result = call("--exec", hanging, "--timeout", "0.2", *PERMUTATIONS)
    assert result.exit_code == 3
    assert "start: expected an answer within 0.2 s, got none" in result.stderr


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("announcement['dtypes'] = {'float64': 'ieee-f65'}", "profile of float64: expected one of"),
        ("announcement['dtypes'] = {'float64': 'tf32'}", "got tf32, which is for float32"),
    ],
)
def test_what_is_announced_has_to_be_what_a_subject_says(
    command: Callable[..., str], before: str, words: str
) -> None:
    result = call("--exec", command(before=before), *PATIENCE, *PERMUTATIONS)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


def test_it_takes_a_posix_system(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(subject.os, "name", "nt")
        with pytest.raises(MissingSubjectError, match="cat: expected a POSIX system, got nt"):
            subject.Program("cat", 1.0).announce()


def test_a_time_limit_is_positive() -> None:
    assert call("--exec", "cat", "--timeout", "0").exit_code == 2


def test_ctrl_c_ends_the_testee(command: Callable[..., str], tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    hanging = command(f"f = open({str(fifo)!r}, 'wb', 0); f.write(b'x'); time.sleep(600)")
    conform = ["-m", "iaf_ref_conformance", "conform", "--timeout", "600"]
    # A shell that starts the tests with `&` lets them ignore SIGINT. What `preexec_fn` would do is
    # done by a program: a fork would be one of a process with JAX's threads, of which JAX warns.
    listen = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    listen += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    command_line = [sys.executable, "-c", listen, *conform, "--exec", hanging, *PERMUTATIONS]
    suite = subprocess.Popen(command_line, stderr=subprocess.PIPE)
    assert select.select([read], [], [], 60.0)[0]  # it is asked, and hangs
    assert os.read(read, 2) == b"x"
    suite.send_signal(signal.SIGINT)
    _, errors = suite.communicate(timeout=60.0)
    assert suite.returncode == 130
    assert errors == b""
    assert select.select([read], [], [], 60.0)[0]
    assert os.read(read, 2) == b""  # its end of the pipe is closed
    os.close(read)
