"""Who is asked: the protocol of a subject, and that of a backend on which the reference is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Subject(Protocol):
    """What is judged. Arrays in and out are NumPy's.

    Beside these attributes a subject has the methods it can offer; one it lacks, or one that raises
    ``NotImplementedError(reason)``, is reported as unsupported:

    ``masks(case)``
        Boolean masks (out, in): the hidden layers', the output's, the skip's if there is one.
    ``forward(case, x, context)``
        y (..., D) and log|det dy/dx| (...), nats.
    ``inverse(case, y, context)``
        x (..., D) and log|det dx/dy| (...), nats.
    ``log_scale(case, x, context)``
        Per-dimension log sigma (..., D), nats.
    ``log_prob(case, y, context)``
        Log density under the case's base (...), nats; (..., D) if the case says per dimension.
    ``gradient(case, y, context)``
        Derivatives of the sum over all rows of log q(y) under the case's base: a mapping with
        ``y``, ``context`` where there is one, and each name in ``case.tensors``, to arrays of their
        shapes. A subject that has no such method is not judged by GRAD-1.

    Optional attributes: ``device`` (str), ``environment`` (a mapping, or a method that returns
    one), and ``inverse_methods``, names of algorithms: ``inverse`` is asked with ``method=`` each;
    ``forward_methods`` likewise for ``forward`` of a single step.
    """

    @property
    def name(self) -> str:
        """As on the command line and in reports."""

    @property
    def dtypes(self) -> Sequence[str]:
        """What it computes in: float32, float64."""

    @property
    def profile(self) -> Mapping[str, str]:
        """Dtype -> profile that it wants to be held to."""


class Backend(Protocol):
    """An array library on its devices: what an entry point of ``iaf_ref.backends`` leads to.

    The entry point names a module with an object ``BACKEND``, or that object itself. Beside the
    methods below a backend has those of these that its library needs
    (``iaf_ref_backends.floating.FloatBackend`` has them all):

    ``version``
        Of the library, for the list of backends.
    ``other_dtypes``
        Floats that it holds beside ``dtypes``, in which the suite has no cases.
    ``dtypes_on(device)``
        Those of ``dtypes`` that a device has; default: all.
    ``computing(dtype, device)``
        A context in which arrays of the dtype are made and used on the device.
    ``synchronize(array)``
        Waits until the device has computed an array.
    ``switches()``
        Precision switches, name -> what they stand at.
    ``ieee()``
        A context that sets them to IEEE arithmetic, and restores them.
    ``gradient(function, arrays)``
        Derivatives of a function of named arrays, whose result is 0-d, by each of them: a mapping.
    """

    @property
    def name(self) -> str:
        """As on the command line and in reports."""

    @property
    def dtypes(self) -> Sequence[str]:
        """What it computes in: float32, float64."""

    @property
    def profiles(self) -> Mapping[str, str]:
        """Dtype -> profile in force."""

    @property
    def namespace(self) -> Any:
        """The array namespace."""

    def devices(self) -> Sequence[str]:
        """Names of the devices there are; the first is the default."""

    def place(self, array: Any, device: str) -> Any:
        """Array of the library from a NumPy array, dtype kept."""

    def fetch(self, array: Any) -> Any:
        """NumPy array from one of the library, dtype kept."""

    def environment(self) -> Mapping[str, str]:
        """Versions and whatever else decides how numbers come out."""
