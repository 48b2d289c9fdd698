"""``python -m iaf_ref_conformance``: the command ``iaf-ref``."""

from __future__ import annotations

from .cli import main

if __name__ == "__main__":
    main(prog_name="iaf-ref")
