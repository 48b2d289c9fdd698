"""What came out: which mutants live, which variants are accused, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .hunt import Refusal, Verdict
from .kinds import Mutant, Variant

Verdicts = Mapping[tuple[str, str], Verdict]

EQUIVALENT, SURVIVES, KILLED = "equivalent", "SURVIVES", "killed"
ACCEPTED, ACCUSED, WRONGLY = "accepted", "ACCUSED", "DECLARED EQUIVALENT, BUT KILLED"


@dataclass(frozen=True)
class Matrix:
    """Mutants, variants, dtypes, and what the cases said of each.

    Attributes
    ----------
    mutants : sequence of Mutant
    variants : sequence of Variant
    dtypes : sequence of str
    verdicts : mapping of (id, dtype) to Verdict
    """

    mutants: Sequence[Mutant]
    variants: Sequence[Variant]
    dtypes: Sequence[str]
    verdicts: Verdicts

    def of_mutant(self, mutant: Mutant, dtype: str) -> str:
        """Whether a mutant was killed, and whether it was to be."""
        killed = bool(self.verdicts[mutant.id, dtype].refusals)
        if dtype in mutant.dtypes:
            return KILLED if killed else SURVIVES
        return WRONGLY if killed else EQUIVALENT

    def of_variant(self, variant: Variant, dtype: str) -> str:
        """Whether a correct variant was accepted."""
        return ACCUSED if self.verdicts[variant.id, dtype].refusals else ACCEPTED

    def first(self, name: str, dtype: str) -> Refusal | None:
        """First case that was refused, if one was."""
        return next(iter(self.verdicts[name, dtype].refusals), None)

    @property
    def faults(self) -> list[str]:
        """Everything that is not as it has to be: one sentence each."""
        said = [(m.id, d, self.of_mutant(m, d)) for d in self.dtypes for m in self.mutants]
        said += [(v.id, d, self.of_variant(v, d)) for d in self.dtypes for v in self.variants]
        wrong = (SURVIVES, WRONGLY, ACCUSED)
        return [f"{n} {d}: {status}{self._why(n, d)}" for n, d, status in said if status in wrong]

    def counts(self, dtype: str) -> str:
        """One sentence: how many of which."""
        said = [self.of_mutant(m, dtype) for m in self.mutants]
        accepted = sum(self.of_variant(v, dtype) == ACCEPTED for v in self.variants)
        declared = said.count(EQUIVALENT)
        return (
            f"{dtype}: {said.count(KILLED)} of {len(said) - declared} mutants killed"
            f"{f', {declared} equivalent' if declared else ''}; "
            f"{accepted} of {len(self.variants)} correct variants accepted"
        )

    def _why(self, name: str, dtype: str) -> str:
        """First case that refused, and its reason."""
        found = self.first(name, dtype)
        return "" if found is None else f" by {found.case}: {found.reason}"
