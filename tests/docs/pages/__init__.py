"""The code of the pages below ``docs/``, read from them and run.

A page is run from top to bottom in a folder of its own, which is empty at first:

=============================== ====================================================================
```` ```python ````             run, names shared with the blocks before; a ```` ```text ```` right
                                after it is what it prints
```` ```pycon ````              a session, as of doctest; it shares the names too
```` ```console ````            after ``$`` a command, then what it prints; a line ``...`` is any
                                number of lines, ``...`` inside of a line what the machine decides
```` ```sh ````                 run by the shell; has to end with exit code 0
```` ```diff ````               applied to the files of the folder
``text``, ``json``, ``c``, ...  shown only; a language that is not listed is an error
a block with a file's name      written to the folder, not run: ``{code-block} python`` with
                                ``:caption: mine.py``, or ``% file: mine.py`` above the fence
=============================== ====================================================================

Comments of MyST say the rest. Above a fence: ``% exit: 1``, the exit code that its commands end
with, and ``% not run: REASON``. Anywhere on a page: ``% needs: torch, cc``, modules and programs
without which it is skipped, and ``% in: checkout``, where the folder is a copy of the checkout.

Why no library: Sybil, pytest-markdown-docs and mktestdocs were looked at. Sybil makes a test of
each block, which share names and files; under pytest-xdist, as ``.ci/run`` has it, blocks of one
page go to several processes that share neither. pytest-markdown-docs runs Python alone, and
mktestdocs does not look at what a command prints. What is kept of others: the pages are read by
markdown-it-py, the parser that MyST is made of and that ``rich`` brings.
"""

from .matching import difference
from .reading import Block, Page, PageError, read
from .running import run

__all__ = ["Block", "Page", "PageError", "difference", "read", "run"]
