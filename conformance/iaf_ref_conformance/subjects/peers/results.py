"""``python -m iaf_ref_conformance.subjects.peers.results REPORT.json ...``: the results as a page.

It prints Markdown: each library by clause, then every failure with its cause. The causes are data,
``known.json``: the first entry that fits the subject, its dtype if one is named, the id of the case
and the words of the failure explains it. A failure that none explains, and an entry that explains
none although its subject was judged, end it with exit code 1: the page is printed all the same, and
says which.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from .results_page import page

Run = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Cause:
    """What explains failures: which, why, and where more is said.

    Attributes
    ----------
    subjects, cases : sequence of str
        Names, and patterns of ids.
    says : str
        Part of the reason.
    because, link : str
        A sentence, and where the defect is described.
    dtype : str
        Of the runs that it explains failures of; empty: of any dtype.
    """

    subjects: Sequence[str]
    cases: Sequence[str]
    says: str
    because: str
    link: str
    dtype: str = ""

    def explains(self, subject: str, dtype: str, case: Mapping[str, Any]) -> bool:
        """Whether a failed case is one of these."""
        ran = subject in self.subjects and self.dtype in ("", dtype)
        named = any(fnmatchcase(case["id"], glob) for glob in self.cases)
        return ran and named and self.says in case["reason"]


def known() -> list[Cause]:
    """Return the causes that are known, in the order in which they are tried."""
    text = (resources.files(__package__) / "known.json").read_text(encoding="utf-8")
    return [Cause(**entry) for entry in json.loads(text)]


def traced(
    runs: Sequence[Run], causes: Sequence[Cause]
) -> tuple[dict[Cause | None, list[tuple[str, str, str]]], list[Cause]]:
    """Trace every failure to its cause.

    Parameters
    ----------
    runs : sequence
        As in a report.
    causes : sequence of Cause

    Returns
    -------
    dict
        Cause, or None for what is unexplained -> (subject, dtype, id of the case).
    list
        Causes that explain nothing although a subject of theirs was judged.
    """
    found: dict[Cause | None, list[tuple[str, str, str]]] = {}
    for run in runs:
        subject, dtype = run["subject"], run["dtype"]
        for case in run["cases"]:
            if case["status"] == "failed":
                cause = next((c for c in causes if c.explains(subject, dtype, case)), None)
                found.setdefault(cause, []).append((subject, dtype, case["id"]))
    judged = {run["subject"] for run in runs}
    idle = [c for c in causes if c not in found and set(c.subjects) & judged]
    return found, idle


def main(paths: Sequence[str]) -> int:
    """Print the page for some reports; return the exit code."""
    if not paths:
        print("expected the reports of iaf-ref conform --json, got none", file=sys.stderr)  # noqa: T201
        return 2
    runs = [r for path in paths for r in json.loads(Path(path).read_text("utf-8"))["runs"]]
    found, idle = traced(runs, known())
    print(page(runs, found, idle), end="")  # noqa: T201
    return 1 if None in found or idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
