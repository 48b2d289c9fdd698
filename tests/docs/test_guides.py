"""The guides: what each says at its head, and what it says of an extra that is missing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
PAGES = [path for path in sorted(GUIDES.glob("*.md")) if path.stem != "index"]
ASSERTION = """
import numpy as np, iaf_ref as ir
from iaf_ref_conformance import assert_forward
assert_forward(ir.Permutation([1, 0]), np.ones(2), np.ones(2), np.float64(0))
"""
COMMAND = "from iaf_ref_conformance.cli import main; main({!r})"

# guide, module that is not there, program, what the guide says of it
MISSING = [
    ("own-implementation", "flint", ASSERTION),
    ("import-trained", "flint", ASSERTION),
    ("failing-report", "jinja2", COMMAND.format(["conform", "--html", "x.html"])),
    ("new-device", "jax", COMMAND.format(["conform", "jax"])),
    ("add-clause", "flint", COMMAND.format(["vectors", "generate", "new"])),
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_guide_says_what_one_needs_and_how_long_it_takes(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("\n## ")[0]
    assert head.startswith("# ")
    assert "**You need** " in head
    assert "**It takes** " in " ".join(head.split())


def test_every_guide_is_listed() -> None:
    index = (GUIDES / "index.md").read_text(encoding="utf-8")
    toctree = re.search(r"```\{toctree\}\n(?::.*\n)*\n(.*?)```", index, re.DOTALL)
    assert toctree is not None
    assert sorted(toctree[1].split()) == [path.stem for path in PAGES]
    assert all(f"]({path.name})" in index for path in PAGES)


@pytest.mark.parametrize(("guide", "module", "program"), MISSING)
def test_what_a_guide_says_of_a_missing_extra_is_said(
    guide: str, module: str, program: str, tmp_path: Path
) -> None:
    hidden = f"import sys; sys.modules[{module!r}] = None\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", hidden], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode in (1, 3)  # an exception of Python, or what a command ends with
    text = (GUIDES / f"{guide}.md").read_text(encoding="utf-8")
    text = " ".join(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL).split())
    quoted = [said for said in re.findall(r"`([^`]+)`", text) if said in done.stderr]
    assert [said for said in quoted if len(said.split()) > 3], done.stderr
