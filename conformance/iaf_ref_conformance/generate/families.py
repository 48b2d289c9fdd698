"""All families of questions, answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import iaf_ref as ir

from ..store import MANIFEST, manifest_of
from . import (
    chain,
    dens,
    det,
    grad,
    graphs,
    integral,
    inv,
    masks,
    net,
    num,
    overflow,
    posterior,
    real,
    shape,
    step,
)
from .document import Made, answered
from .question import Question, Refused

FAMILIES: dict[str, Callable[[], Iterator[Question]]] = {
    "masks": masks.questions,
    "graphs": graphs.questions,
    "net": net.questions,
    "step": step.questions,
    "inv": inv.questions,
    "overflow": overflow.questions,
    "det": det.questions,
    "dens": dens.questions,
    "posterior": posterior.questions,
    "integral": integral.questions,
    "chain": chain.questions,
    "shape": shape.questions,
    "num": num.questions,
    "real": real.questions,
    "grad": grad.questions,
}
"""Name -> questions."""


def made_cases() -> Iterator[Made]:
    """Answer every question, family by family."""
    for questions in FAMILIES.values():
        for question in questions():
            yield answered(question)


def corpus_files() -> tuple[dict[str, bytes], int]:
    """Files of the corpus by name, the manifest among them, and the number of cases.

    Raises
    ------
    Refused
        A question is refused, or two have one id.
    """
    files: dict[str, bytes] = {}
    count = 0
    for case in made_cases():
        if f"cases/{case.id}.json" in files:
            raise Refused(f"{case.id}: expected one case of this id, got two")
        files |= case.files
        count += 1
    files[MANIFEST] = manifest_of(files, ir.__version__)
    return files, count
