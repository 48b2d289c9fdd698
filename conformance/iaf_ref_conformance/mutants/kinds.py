"""What a mutant is, and what a correct variant is."""

from __future__ import annotations

from dataclasses import dataclass

from ..answers import NAMES
from ..cases import DTYPES
from .plain import Plain
from .plain.adjoint import Adjoints
from .plain.backward import Backward
from .plain.densities import Densities
from .plain.gradient import Gradients
from .plain.inverse import Inverses
from .plain.masks import Masks
from .plain.network import Network
from .plain.slopes import Slopes
from .plain.step import Steps
from .plain.transforms import Transforms

NUMERIC = (*NAMES, "gradient")
"""Methods that return numbers, in the order in which the suite names them."""
CHANGED: dict[type, tuple[str, ...]] = {
    Masks: ("masks", *NUMERIC),
    Network: NUMERIC,
    Steps: NUMERIC,
    Inverses: ("forward", "inverse", "log_prob", "gradient"),
    Transforms: ("forward", "inverse", "log_prob", "gradient"),
    Densities: ("log_prob",),
    Slopes: ("gradient",),
    Backward: ("gradient",),
    Adjoints: ("gradient",),
    Gradients: ("gradient",),
}
"""Class of the plain implementation -> methods of a subject that its own methods serve."""


@dataclass(frozen=True)
class Mutant:
    """A small wrong implementation: one mistake that people made.

    Attributes
    ----------
    id : str
        Stable: the name of its class, in small letters and hyphens.
    clauses : tuple of str
        That it breaks, the one it stands for first.
    mistake : str
        What a user would be told, to go on after "looks like:"; no full stop.
    source : str
        Where it happened: repository, file, issue.
    kind : subclass of Plain
    dtypes : tuple of str
        In which it can be told from a correct implementation.
    unseen : str
        Why it cannot be in the others; empty where there are none.
    """

    id: str
    clauses: tuple[str, ...]
    mistake: str
    source: str
    kind: type[Plain]
    dtypes: tuple[str, ...] = DTYPES
    unseen: str = ""

    def make(self) -> Plain:
        """Return a subject that makes the mistake; cheap, and the same for every dtype."""
        return self.kind()

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods of the subject whose answers it may change; all others answer as if correct."""
        return changed(self.kind)


@dataclass(frozen=True)
class Variant:
    """A correct implementation that rounds otherwise than the plain one.

    Attributes
    ----------
    id : str
    what : str
        What it does in another way.
    kind : subclass of Plain
    """

    id: str
    what: str
    kind: type[Plain]

    def make(self) -> Plain:
        """Return the subject."""
        return self.kind()


def changed(kind: type[Plain]) -> tuple[str, ...]:
    """Methods of a subject that the overrides of a class serve.

    Parameters
    ----------
    kind : subclass of Plain

    Returns
    -------
    tuple of str
        Of ``masks``, ``forward``, ``inverse``, ``log_scale``, ``log_prob``, ``gradient``, in this
        order.
    """
    found: set[str] = set()
    for name in _overrides(kind):
        owner = next((owner for owner in CHANGED if name in vars(owner)), None)
        if name in ("masks", *NUMERIC):
            found.add(name)
        elif owner is not None:
            found.update(CHANGED[owner])
        elif name in vars(Plain):
            found.update(NUMERIC)
    return tuple(name for name in ("masks", *NUMERIC) if name in found)


def _overrides(kind: type[Plain]) -> set[str]:
    """Names that a class, or one between it and the plain implementation, defines anew."""
    own = kind.__mro__[: kind.__mro__.index(Plain)]
    return {n for each in own for n in vars(each) if callable(vars(each)[n]) and n[:2] != "__"}
