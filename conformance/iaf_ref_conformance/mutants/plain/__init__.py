"""An implementation of the specification in plain NumPy: where a mutant begins, and an adapter may.

Independent of ``iaf_ref``: it reads the description of a case and its weights as stored, and makes
its own masks. Each module is a class that adds one subject to the one before, so that a mutant is
what it changes: one method.

    masks -> network -> step -> inverse -> transforms -> densities
          -> slopes -> backward -> adjoint -> gradient -> subject
"""

from .subject import Plain

__all__ = ["Plain"]
