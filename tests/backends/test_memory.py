"""Out of memory on the device: that case fails with the reason, the run goes on."""

from typing import Any

import numpy as np
import pytest

from iaf_ref_backends.numpy_ import NumPyBackend
from iaf_ref_conformance.run import FAILS
from iaf_ref_conformance.subjects.memory import out_of_memory
from iaf_ref_conformance.subjects.reference import Reference


class OutOfMemoryError(RuntimeError):
    """As PyTorch names it."""


class XlaRuntimeError(RuntimeError):
    """As JAX names it."""


ENDS = [
    MemoryError("Out of memory allocating 1,073,741,824 bytes"),  # CuPy's derives from it
    OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    XlaRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 17179869184 bytes"),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory"
    ),
]
OTHERS = [RuntimeError("singular"), ValueError("RESOURCE_EXHAUSTED"), XlaRuntimeError("INTERNAL")]


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
def test_how_libraries_say_it(error: BaseException) -> None:
    assert out_of_memory(error)


@pytest.mark.parametrize("error", OTHERS, ids=str)
def test_what_does_not_say_it(error: BaseException) -> None:
    assert not out_of_memory(error)


class Small(NumPyBackend):
    """A device whose memory ends at the first array of this call, and is free again after it."""

    name = "small"

    def __init__(self, error: BaseException, call: int) -> None:
        self.error, self.call, self.calls = error, call, 0

    def place(self, array: Any, device: str) -> Any:
        self.calls += 1
        if self.calls == self.call:
            raise self.error
        return np.array(array)


@pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)
def test_the_case_fails_with_the_reason_and_the_run_goes_on(judged: Any, error: Any) -> None:
    result = judged(Reference(Small(error, 3)), "float32")
    reasons = [r.outcome.reason for r in result.results if r.outcome.status == "failed"]
    assert len(reasons) == 1
    assert reasons[0].startswith("raised MemoryError: out of memory on cpu: ")
    assert str(error) in reasons[0]
    assert result.verdict == FAILS
    assert result.counts["run"] == result.counts["expected"] - len(result.left_out)
    assert result.counts["failed"] == 1


def test_the_flow_that_is_kept_is_let_go(handful: Any) -> None:
    case = handful("float32", ("forward",))[0]
    backend = Small(MemoryError("full"), 4)
    subject = Reference(backend)
    subject.forward(case, case.input("x"), case.input("context"))
    assert subject._built is not None
    backend.call = backend.calls + 1
    with pytest.raises(MemoryError, match="out of memory on cpu: full"):
        subject.forward(case, case.input("x"), case.input("context"))
    assert subject._built is None


def test_any_other_error_stays_what_it_is(handful: Any) -> None:
    case = handful("float32", ("forward",))[0]
    with pytest.raises(RuntimeError, match=r"^singular$"):
        Reference(Small(RuntimeError("singular"), 1)).forward(case, case.input("x"), None)
