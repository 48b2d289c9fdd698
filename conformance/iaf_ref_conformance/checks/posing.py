"""What a subject sees of a case: the question, without the answer, and nothing it could change."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from ..cases import Case, Floats


@lru_cache(maxsize=1)
def posed(case: Case) -> Case:
    """Return the case as a subject gets it; the same object each time the case is put.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Case
        Without ``expected`` and ``bounds``; weights, inputs and options are read-only copies.
    """
    question = replace(
        case,
        text=MappingProxyType(deepcopy(dict(case.text))),
        tensors=_frozen(case.tensors),
        stored=_frozen(case.stored),
        options=MappingProxyType(deepcopy(dict(case.options))),
        expected=MappingProxyType({}),
        bounds=MappingProxyType({}),
    )
    for array in question.input_arrays.values():
        array.flags.writeable = False
    return question


def _frozen(arrays: Mapping[str, Floats]) -> Mapping[str, Floats]:
    """Copies that nobody writes to."""
    copies = {name: np.array(array) for name, array in arrays.items()}
    for copy in copies.values():
        copy.flags.writeable = False
    return MappingProxyType(copies)
