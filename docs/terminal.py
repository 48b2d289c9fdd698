"""What a terminal shows, as a picture: ``python docs/terminal.py docs/results/terminal.svg``.

Two runs of ``iaf-ref conform``: NumPy on a few clauses, then the adapter of the README with its
log-det not summed. Colours and widths are those of the command; the picture loads no font.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

README = Path(__file__).parents[1] / "README.md"
WIDTH = 128
RIGHT, WRONG = "np.sum(log_sigma, axis=-1)", "log_sigma"
CLAUSES = ("--clause", "DET-2", "--clause", "DENS-3", "--dtype", "float64")
WEB_FONT = re.compile(r"@font-face \{.*?\}\n?", flags=re.DOTALL)


def mine() -> str:
    """Return the adapter of the README, which forgets to sum."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (adapter,) = [block for block in blocks if "class Mine" in block]
    if adapter.count(RIGHT) != 1:
        raise click.ClickException(f"{README}: expected one {RIGHT!r} in Mine")
    return adapter.replace(RIGHT, WRONG)


def shown(folder: Path, *command: str) -> Text:
    """Run a command in a folder; return its prompt and what it prints, in its colours."""
    options = {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "PYTHONPATH": str(folder)}
    paths = [options["PYTHONPATH"], os.environ.get("PYTHONPATH", "")]
    options["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "iaf_ref_conformance", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | options,
    )
    if done.returncode not in (0, 1):
        raise click.ClickException(done.stderr)
    prompt = Text(f"$ iaf-ref {' '.join(command)}\n", style="bold")
    return prompt + Text.from_ansi(done.stdout)


@click.command()
@click.argument("picture", type=click.Path(dir_okay=False, path_type=Path))
def main(picture: Path) -> None:
    """Write the picture, an SVG."""
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        (Path(folder) / "mine.py").write_text(mine(), encoding="utf-8")
        console = Console(record=True, width=WIDTH, file=nowhere)
        for subject in ("numpy", "mine:Mine"):
            console.print(shown(Path(folder), "conform", subject, *CLAUSES))
        drawn = console.export_svg(title="iaf-ref conform", theme=MONOKAI, unique_id="iaf-ref")
    picture.write_text(WEB_FONT.sub("", drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
