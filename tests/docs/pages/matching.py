"""What a page says is printed, held against what is."""

import re
from collections.abc import Sequence

_ANY_LINES = r"(?:.*\n)*?"


def difference(shown: str, printed: str) -> str:
    """Say where an output is not as shown: empty if it is.

    A line ``...`` stands for any number of lines, ``...`` inside of a line for any characters.
    Blanks at the end of lines count for nothing.

    Parameters
    ----------
    shown, printed : str

    Returns
    -------
    str

    Examples
    --------
    >>> difference("one\\n...\\n1.2... s\\n", "one\\ntwo\\nthree\\n1.2345 s\\n")
    ''
    >>> print(difference("one\\ntwo\\n", "one\\nthree\\n"))
    expected the line 'two', got:
    one
    three
    >>> print(difference("one\\n", "one\\ntwo\\n"))
    expected no more than is shown, got:
    one
    two
    """
    expected, got = _lines(shown), "".join(f"{line}\n" for line in _lines(printed))
    if re.fullmatch(_pattern(expected), got):
        return ""
    for count in range(1, len(expected) + 1):
        if not re.match(_pattern(expected[:count]), got):
            return f"expected the line {expected[count - 1]!r}, got:\n{got.rstrip()}"
    return f"expected no more than is shown, got:\n{got.rstrip()}"


def _lines(text: str) -> list[str]:
    """Lines without the blanks at their ends, and without empty ones around them all."""
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines[next((k for k, line in enumerate(lines) if line), 0) :]


def _pattern(lines: Sequence[str]) -> str:
    """Regular expression of the lines."""
    return "".join(
        _ANY_LINES if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in lines
    )
