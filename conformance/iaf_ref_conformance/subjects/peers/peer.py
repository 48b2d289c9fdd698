"""What the libraries have in common as subjects: who is asked for what, and what is refused.

A library is asked as its users ask it: the flow is built once for a case and called as often as the
case needs, caches and all; the chain, the way back and the density are the library's own where it
has them. What it cannot express it refuses by ``NotImplementedError(reason)``: the case is then
unsupported. Whatever it raises by itself, where it does not say so of itself, is a failure.

Masks are the library's own wherever its rule for the hidden degrees makes those of the case: the
weights are loaded as stored, with junk outside of the masks, so that a wrong mask shows. A case of
other degrees (given, random, ties, graphs) needs its masks written into the library's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import numpy as np

from ...cases import Case, Floats
from .parts import Part, Step, Swap, parts, single

Masks = tuple[np.ndarray[Any, np.dtype[np.bool_]], ...]


class Peer(ABC):
    """A library as a subject; what is abstract, each module says for its library.

    Attributes
    ----------
    name : str
        As on the command line.
    libraries : tuple of str
        Distributions whose versions decide the numbers, the judged one first.
    rule : str
        Its rule for hidden degrees, as a strategy of :func:`iaf_ref.made_degrees`.
    """

    name: str
    libraries: tuple[str, ...]
    rule: str
    dtypes: Sequence[str] = ("float32", "float64")
    profile: Mapping[str, str] = MappingProxyType({"float32": "ieee-f32", "float64": "ieee-f64"})
    device = "cpu"

    def __init__(self) -> None:
        self._built: tuple[Case, Any] | None = None

    def environment(self) -> dict[str, str]:
        """Return what is judged, versions, and whose masks they are."""
        masks = f"its own where hidden degrees are {self.rule}, else the case's written over them"
        versions = {name: version(name) for name in self.libraries}
        judged = f"{self.libraries[0]} {versions[self.libraries[0]]}"
        return {"judged": judged, **versions, "masks": masks}

    def masks(self, case: Case) -> Masks:
        """Masks that the library makes by itself from order, widths and context (MASK).

        For a case that is about numbers, those that are in its network.
        """
        step = single(case)
        if case.check == "connectivity" or self.makes(step):
            return self.own_masks(step)
        if case.check == "masks":
            raise NotImplementedError(
                f"the hidden degrees of the case are not {self.rule}, as {self.name} makes them"
            )
        return step.masks()

    def makes(self, step: Step) -> bool:
        """Whether the library's rule is to make the hidden degrees of a step."""
        return step.follows(self.rule)

    def forward(self, case: Case, x: Floats, context: Floats | None) -> tuple[Any, Any]:
        """Y and log-det."""
        with self.computing(case.dtype):
            y, log_det = self.apply(self._flow(case), self.place(x), self._context(context))
            return self.fetch(y), self.fetch(log_det)

    def inverse(self, case: Case, y: Floats, context: Floats | None) -> tuple[Any, Any]:
        """X and log-det of the inverse map."""
        with self.computing(case.dtype):
            x, log_det = self.undo(self._flow(case), self.place(y), self._context(context))
            return self.fetch(x), self.fetch(log_det)

    def log_scale(self, case: Case, x: Floats, context: Floats | None) -> Any:
        """Per-dimension log sigma."""
        single(case)
        with self.computing(case.dtype):
            return self.fetch(self.scales(self._flow(case), self.place(x), self._context(context)))

    def log_prob(self, case: Case, y: Floats, context: Floats | None) -> Any:
        """Log density under the case's base, by the library's own distribution of the flow."""
        if case.base_text is None:
            raise NotImplementedError("the case has no base distribution")
        if case.options.get("per_dimension"):
            raise NotImplementedError(f"{self.name} has no log-det per dimension")
        kind = case.base_text["kind"]
        given = {n.removeprefix("base."): a for n, a in case.input_arrays.items() if "base." in n}
        with self.computing(case.dtype):
            base = self.base(kind, {name: self.place(array) for name, array in given.items()})
            flow = self._flow(case)
            return self.fetch(self.density(flow, base, self.place(y), self._context(context)))

    def _flow(self, case: Case) -> Any:
        """The library's flow; the last one is kept, as a case may ask more than once."""
        if self._built is None or self._built[0] is not case:
            self._built = (case, self.flow(parts(case), case.dtype))
        return self._built[1]

    def _context(self, context: Floats | None) -> Any:
        """Bring the context over; None stays None."""
        return None if context is None else self.place(context)

    def flow(self, given: Sequence[Part], dtype: str) -> Any:
        """Build what the parts say, one after the other."""
        maps = [self.swap(p, dtype) if isinstance(p, Swap) else self.step(p, dtype) for p in given]
        return maps[0] if len(maps) == 1 else self.chain(maps)

    def computing(self, dtype: str) -> AbstractContextManager[Any]:
        """Return the context in which arrays of a dtype are made and used."""
        return nullcontext()

    @abstractmethod
    def own_masks(self, step: Step) -> Masks:
        """Masks that the library makes by itself from order and widths; columns (context, x).

        A graph, or variables of equal degree, it refuses unless it has a rule for them.
        """

    @abstractmethod
    def step(self, step: Step, dtype: str) -> Any:
        """Build one step, weights loaded as stored; backwards if it says so."""

    @abstractmethod
    def swap(self, swap: Swap, dtype: str) -> Any:
        """Build a permutation."""

    @abstractmethod
    def chain(self, maps: list[Any]) -> Any:
        """Compose what :meth:`step` and :meth:`swap` have built, the first applied first."""

    @abstractmethod
    def apply(self, flow: Any, x: Any, context: Any) -> tuple[Any, Any]:
        """Y and log|det dy/dx|, in arrays of the library."""

    @abstractmethod
    def undo(self, flow: Any, y: Any, context: Any) -> tuple[Any, Any]:
        """X and log|det dx/dy|, in arrays of the library."""

    def scales(self, flow: Any, x: Any, context: Any) -> Any:
        """Per-dimension log sigma of one step; most libraries sum it out of reach."""
        raise NotImplementedError(f"{self.name} has no log sigma per dimension")

    def base(self, kind: str, arrays: Mapping[str, Any]) -> Any:
        """Return the base distribution in the library: see ``base`` in the format of the cases."""
        raise NotImplementedError(f"{self.name} has no base distribution {kind}")

    def density(self, flow: Any, base: Any, y: Any, context: Any) -> Any:
        """Log density at y of the flow over the base."""
        raise NotImplementedError(f"{self.name} has no distribution of a flow")

    @abstractmethod
    def place(self, array: Floats) -> Any:
        """Array of the library from a NumPy array, dtype kept."""

    @abstractmethod
    def fetch(self, array: Any) -> Any:
        """NumPy array from one of the library, dtype kept."""
