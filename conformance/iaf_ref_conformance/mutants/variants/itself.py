"""The plain implementation, which is correct itself."""

from __future__ import annotations

from ..plain import Plain
from ..registry import REGISTRY


@REGISTRY.variant
class PlainNumpy(Plain):
    """The plain implementation itself."""
