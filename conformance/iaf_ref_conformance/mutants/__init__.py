"""The suite put to the test: wrong implementations that it has to refuse, correct ones to accept.

A mutant makes one mistake that people made, and is bound to the clause that it breaks. A variant is
correct and rounds otherwise. ``iaf-ref mutants`` puts the shipped cases to all of them.

To add a mutant, write its class in the module of its family; to add a family, name its module here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import chain, degrees, dens, det, dtypes, grad, inv, mask, net, num, shape, slopes, step
from . import variants as _variants  # noqa: F401 - registers them
from .kinds import Mutant, Variant
from .registry import REGISTRY

__all__ = ["FAMILIES", "MUTANTS", "REGISTRY", "VARIANTS", "Mutant", "Variant"]

FAMILIES = (degrees, mask, net, step, inv, det, dens, chain, shape, dtypes, num, grad, slopes)
"""Modules of the mutants, in the order of the clauses."""
MUTANTS: Mapping[str, Mutant] = MappingProxyType(
    {
        name: each
        for family in FAMILIES
        for name, each in REGISTRY.mutants.items()
        if each.kind.__module__ == family.__name__
    }
)
"""Id -> mutant, by families."""
VARIANTS: Mapping[str, Variant] = MappingProxyType(REGISTRY.variants)
"""Id -> correct variant; the first is the plain implementation itself."""
