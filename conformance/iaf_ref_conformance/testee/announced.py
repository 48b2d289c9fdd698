"""What a testee says of itself when it starts, and which questions that leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..cases import Case

KINDS = ("questions", "flows", "activations", "scales", "bases", "features")
"""Lists that ``supports`` may hold; where one is absent, all of its kind is asked for."""


@dataclass(frozen=True)
class Announcement:
    """A testee in its own words.

    Attributes
    ----------
    name, device : str
    dtypes : mapping
        Dtype -> profile that it wants to be held to.
    inverse_methods : tuple of str
        Names of its algorithms; empty: one without a name.
    supports : mapping
        Kind of thing, of :data:`KINDS` -> names of those that it can be asked for.
    environment : mapping
        Whatever decides how its numbers come out; not compared, as it may tell the time.
    """

    name: str
    device: str
    dtypes: Mapping[str, str]
    inverse_methods: tuple[str, ...]
    supports: Mapping[str, Sequence[str]]
    environment: Mapping[str, str] = field(compare=False)

    def lacks(self, question: str, case: Case) -> str:
        """Say why a question is not asked.

        Parameters
        ----------
        question : str
        case : Case

        Returns
        -------
        str
            The first thing that is not announced; empty if all is.
        """
        needed = [("questions", question), *_of_flow(case.text)]
        if any(name.endswith("skip.weight") for name in case.tensors):
            needed.append(("features", "skip"))
        if question == "log_prob" and case.base_text is not None:
            needed.append(("bases", case.base_text["kind"]))
        for kind, name in needed:
            if name not in self.supports.get(kind, (name,)):
                return f"not announced among its {kind}: {name}"
        return ""


def announcement(message: Mapping[str, Any]) -> Announcement:
    """Read an announcement that is valid against ``testee-announcement.schema.json``."""
    return Announcement(
        name=message["name"],
        device=message["device"],
        dtypes=message["dtypes"],
        inverse_methods=tuple(message.get("inverse_methods", ())),
        supports=message.get("supports", {}),
        environment=message.get("environment", {}),
    )


def _of_flow(text: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a flow is made of, by its description: kind of thing, and name."""
    yield "flows", text["kind"]
    for part in text.get("transforms", [text["transform"]] if "transform" in text else []):
        yield from _of_flow(part)
    if text["kind"] != "affine":
        return
    yield "activations", text["activation"]
    yield "scales", text["scale"]["kind"]
    features = {
        "adjacency": text["adjacency"] is not None,
        "context": text["context_dim"] > 0,
        "residual": text["residual"],
    }
    yield from (("features", name) for name, there in features.items() if there)
