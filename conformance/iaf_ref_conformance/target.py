"""Where a corpus is written: a folder that is replaced whole or not at all, and no other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .store import MANIFEST

PARTS = {MANIFEST, "cases", "flows"}
"""What a corpus consists of."""


def target(directory: Path) -> Path:
    """Return the folder to replace, links resolved.

    Raises
    ------
    OSError
        It holds something that is no corpus, or is, or holds, the current folder.
    """
    resolved, here = directory.resolve(), Path.cwd().resolve()
    if resolved == here or resolved in here.parents:
        raise FileExistsError(
            f"directory: expected another folder than the current one, got {str(directory)!r}"
        )
    if not resolved.exists():
        return resolved
    if not resolved.is_dir():
        raise NotADirectoryError(f"directory: expected a folder, got the file {str(directory)!r}")
    found = {entry.name for entry in resolved.iterdir()}
    if found and (MANIFEST not in found or not found <= PARTS):
        raise FileExistsError(
            "directory: expected a new folder or one that holds a corpus only, "
            f"got {str(directory)!r}, which holds {min(found - {MANIFEST})!r}"
        )
    return resolved


def replace_directory(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new directory, then put it in the place of this one, whole or not at all.

    A link stays one: what it leads to is replaced.

    Raises
    ------
    OSError
        The directory may not be replaced (:func:`target`) or cannot be written; what was there is
        there still.
    """
    directory = target(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))
    try:
        new, old = staging / "new", staging / "old"
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if directory.exists():
            directory.rename(old)
        try:
            new.rename(directory)
        except OSError:
            if old.exists():
                old.rename(directory)
            raise
    finally:
        shutil.rmtree(staging)
