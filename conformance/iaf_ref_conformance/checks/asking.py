"""How a subject is asked: with copies, guarded, and its answer looked at before it is believed."""

from __future__ import annotations

import hashlib
import warnings
from functools import partial
from typing import Any

import numpy as np

from iaf_ref.describe import describe

from ..cases import Case, Floats
from .outcome import Broken, Unsupported
from .patience import Overdue, limited, overheard, patience
from .posing import posed

Arrays = np.ndarray[Any, np.dtype[Any]]


def ask(case: Case, subject: Any, method: str, /, *inputs: Floats | None, **options: str) -> Any:
    """Call a method with copies of the inputs; see that neither they nor the case changed.

    The subject gets the case without the answer (``posing``).

    Parameters
    ----------
    case : Case
    subject : object
    method : str
    *inputs : arrays or None
    **options
        Passed on.

    Returns
    -------
    object
        Whatever the subject returned.

    Raises
    ------
    Unsupported
        It has no such method, or raised NotImplementedError.
    Broken
        It raised anything else, did not answer in time (``patience``), printed something, or wrote
        to its inputs or to the case.
    """
    function = getattr(subject, method, None)
    if function is None:
        raise Unsupported(f"the subject has no method {method}")
    if patience().spent(method):
        raise Broken(f"{method} is not asked any more: too often it did not answer in time")
    copies = [None if array is None else array.copy() for array in inputs]
    question = posed(case)
    before = fingerprint(question)
    with overheard() as printed:
        answer = _call(method, partial(function, **options), question, copies)
    if printed.getvalue():
        raise Broken(f"{method} wrote to standard output: {shown(printed.getvalue())}")
    for array, copy in zip(inputs, copies, strict=True):
        if array is not None and not same(array, copy):
            raise Broken(f"{method} wrote to its input")
    if fingerprint(question) != before:
        raise Broken(f"{method} wrote to the case")
    return answer


def _call(method: str, function: Any, case: Case, inputs: list[Floats | None]) -> Any:
    """Call; say in a sentence what was raised. Values are judged, warnings about them are not."""
    patient = patience()
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), limited(patient.seconds):
            warnings.simplefilter("ignore")
            return function(case, *inputs)
    except Overdue as error:
        patient.hung[method] += 1
        raise Broken(
            f"{method}: expected an answer within {patient.seconds:g} s, got none"
        ) from error
    except NotImplementedError as error:
        raise Unsupported(str(error) or "NotImplementedError, without a reason") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Broken(raised(error)) from error


def shown(text: str, most: int = 60) -> str:
    """Quote the beginning of a text, on one line."""
    line = " ".join(text.split())
    return repr(line if len(line) <= most else line[:most] + "...")


def raised(error: BaseException) -> str:
    """Write an exception as type and message, on one line."""
    message = " ".join(str(error).split())
    return (
        f"raised {type(error).__name__}: {message}" if message else f"raised {type(error).__name__}"
    )


def same(a: Any, b: Any) -> bool:
    """Whether two arrays agree in dtype, shape and every bit."""
    alike = a is not None and b is not None and a.dtype == b.dtype and a.shape == b.shape
    return alike and np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()


def fingerprint(case: Case) -> bytes:
    """Digest of the arrays that a subject could write to: weights, stored and built, and inputs."""
    digest = hashlib.blake2b()
    for arrays in (case.tensors, describe(case.flow)[1], case.stored, case.input_arrays):
        for name in sorted(arrays):
            digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.digest()


def pair(answer: Any, names: str) -> tuple[Any, Any]:
    """Return the two results of a map.

    Raises
    ------
    Broken
        Not a pair.
    """
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        got = f"{len(answer)} values" if isinstance(answer, tuple | list) else type(answer).__name__
        raise Broken(f"STEP-6: expected a pair ({names}), got {got}")
    return answer[0], answer[1]


def array(name: str, value: Any, shape: tuple[int, ...], dtype: str) -> Arrays:
    """Return a result that is a NumPy array of exactly this shape and dtype.

    NumPy's scalars, which its own reductions return for shape (), count as arrays of that shape.

    Raises
    ------
    Broken
        Not an array, or of another shape (DET-2, SHAPE-1) or dtype (TYPE-1).
    """
    if not isinstance(value, np.ndarray | np.generic):
        raise Broken(f"TYPE-1: {name}: expected a NumPy array, got {type(value).__name__}")
    if value.shape != shape:
        raise Broken(f"SHAPE-1: {name}: expected shape {shape}, got {value.shape}")
    if value.dtype != np.dtype(dtype):
        raise Broken(f"TYPE-1: {name}: expected dtype {dtype}, got {value.dtype}")
    return np.asarray(value)


def log_det(value: Any, shape: tuple[int, ...], dim: int, dtype: str) -> Arrays:
    """Return a summed log-det, or say which convention a wrong shape comes from (DET-2, DENS-3).

    Raises
    ------
    Broken
        As :func:`array`.
    """
    got = getattr(value, "shape", None)
    if got == (*shape, dim):
        mistake = "per-dimension log-det where the summed one is expected (DENS-3)"
        raise Broken(f"DET-2: log_det: expected shape {shape}, got {got}: {mistake}")
    if got == (*shape, 1):
        mistake = (
            "summed with keepdim, it passes for a "
            "per-dimension log-det where the summed one is expected (DENS-3)"
        )
        raise Broken(f"DET-2: log_det: expected shape {shape}, got {got}: {mistake}")
    return array("log_det", value, shape, dtype)
