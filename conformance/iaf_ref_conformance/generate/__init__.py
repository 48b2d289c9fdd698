"""Making the corpus: families of questions, answers from balls, bounds from error-tracking numbers.

A question is refused where its reason does not hold, where any wrong implementation would pass,
where its answer is not certain to 30 digits or its bound is useless (:mod:`.vacuity`,
:mod:`.answer`). Making it twice gives identical bytes. Needs python-flint, the extra ``oracle``;
reading the corpus does not.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["generate"]


def generate(directory: str | os.PathLike[str]) -> int:
    """Make the corpus in a directory, which is replaced whole or not at all.

    Parameters
    ----------
    directory : path

    Returns
    -------
    int
        Number of cases.

    Raises
    ------
    ImportError
        python-flint is missing.
    ValueError
        A question is refused, or two have one id.
    OSError
        The directory cannot be written, is the current one, or holds something else than a
        corpus.
    """
    require_flint()
    from ..target import replace_directory, target
    from .families import corpus_files

    goal = target(Path(directory))
    files, count = corpus_files()
    replace_directory(goal, files)
    return count


def require_flint() -> None:
    """Refuse to start without python-flint.

    Raises
    ------
    ImportError
        Naming the extra that brings it.
    """
    try:
        import flint  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "generate: expected python-flint, which certifies the answers, got none: "
            "pip install 'iaf-ref[oracle]'"
        ) from error
