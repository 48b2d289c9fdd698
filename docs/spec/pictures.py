"""Draw the pictures of the specification: ``python docs/spec/pictures.py`` (extra ``docs``)."""

import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent / "pictures"


def main() -> int:
    """Write all of them; exit code 2 without Matplotlib."""
    if find_spec("matplotlib") is None:
        print("expected Matplotlib, got none: pip install 'iaf-ref[docs]'", file=sys.stderr)  # noqa: T201
        return 2
    from drawings import draw

    draw(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
