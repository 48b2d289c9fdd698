"""The report as a page: one file for a browser, that loads nothing and runs no program."""

from __future__ import annotations

from .page import page, write_html
from .sections import Told

__all__ = ["Told", "page", "write_html"]
