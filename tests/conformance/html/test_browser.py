"""The page in a real browser: no complaint on its console, nothing that sticks out, two schemes."""

import os
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest

from iaf_ref_conformance.html import Told, page

from .conftest import HOSTILE
from .test_style import DARK, LIGHT

REQUIRED = {name.strip() for name in os.environ.get("IAF_REF_REQUIRE", "").split(",")}
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--v=0",
]  # fmt: skip
PHONE, DESK = (390, 844), (1280, 900)
SCHEMES = {"dark": 0, "light": 1}
# a page around the page: windows have a least width, frames have not
AROUND = """<!DOCTYPE html><title></title>
<iframe srcdoc="{page}" style="width: {width}px; height: 800px; border: 0"></iframe>
<script>addEventListener("load", () => {{
    const inner = document.querySelector("iframe").contentDocument;
    document.title = `${{inner.documentElement.scrollWidth}} of ${{inner.defaultView.innerWidth}}`;
    console.error("loud");
}});</script>"""

Browse = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Open a page in Chromium, in a window of a size, in a scheme."""
    program = shutil.which("chromium")
    if program is None:
        if "chromium" in REQUIRED:
            pytest.fail("expected chromium, as IAF_REF_REQUIRE names it, got none")
        pytest.skip("there is no chromium")

    def opened(
        text: str, size: tuple[int, int], scheme: str, *options: str
    ) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        window = f"--window-size={size[0]},{size[1]}"
        colours = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"
        own = [f"--user-data-dir={tmp_path / 'profile'}", window, colours, *options]
        return subprocess.run(
            [program, *QUIET, *own, path.as_uri()],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip

    return opened


@pytest.fixture(scope="module")
def text(everything: dict[str, Any]) -> str:
    return page(everything, Told(lambda case: HOSTILE, date="2026-01-02 03:04 UTC"))


def rows(path: Path) -> tuple[tuple[int, int], list[bytes]]:
    """Size of a picture, and its rows as PNG stores them: filtered, the first pixel as it is."""
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = [], 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        chunks.append((kind, content[at + 8 : at + 8 + length]))
        at += length + 12
    width, height = struct.unpack(">II", chunks[0][1][:8])
    raw = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    stride = len(raw) // height
    return (width, height), [raw[k * stride : (k + 1) * stride] for k in range(height)]


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_the_page_is_drawn_in_its_colours(
    browse: Browse, text: str, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    shot = tmp_path / "shot.png"
    ended = browse(text, size, scheme, f"--screenshot={shot}")
    assert "CONSOLE" not in ended.stderr
    found, lines = rows(shot)
    assert found == size
    ground = (LIGHT if scheme == "light" else DARK)["page"]
    assert lines[0][1:4].hex() == ground.removeprefix("#")
    assert len(set(lines)) > size[1] // 4  # an empty page has one kind of row, or a few


@pytest.mark.parametrize("width", [320, 390, 700])
def test_nothing_is_wider_than_the_screen(browse: Browse, text: str, width: int) -> None:
    around = AROUND.format(page=escape(text), width=width)
    ended = browse(around, DESK, "light", "--dump-dom")
    assert re.findall("<title>(.+?)</title>", ended.stdout)[0] == f"{width} of {width}"
    assert "CONSOLE" in ended.stderr  # so it is heard if a page complains
