"""The style sheet: light and dark, and text that can be read in both (WCAG 2, contrast AA)."""

import re
from importlib import resources

import pytest

TEXT = (resources.files("iaf_ref_conformance.html") / "templates" / "style.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.+?)\}", TEXT, re.DOTALL)
)
AA = 4.5
GROUNDS = {
    "text": ("page", "panel", "pass-soft", "fail-soft", "part-soft"),
    "quiet": ("page", "panel"),
    "link": ("page", "panel"),
    "pass": ("page", "panel", "pass-soft", "fail-soft"),
    "fail": ("page", "panel", "fail-soft"),
    "part": ("page", "panel", "part-soft", "fail-soft"),
}


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21.0
    assert contrast("#777777", "#ffffff") < AA < contrast("#767676", "#ffffff")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(colours: dict[str, str]) -> None:
    low = {
        (ink, ground): contrast(colours[ink], colours[ground])
        for ink, grounds in GROUNDS.items()
        for ground in grounds
        if contrast(colours[ink], colours[ground]) < AA
    }
    assert not low


def test_both_schemes_have_all_colours() -> None:
    assert set(LIGHT) == set(DARK) == {*GROUNDS, *(g for s in GROUNDS.values() for g in s), "line"}
    assert "@media (prefers-color-scheme: dark)" in TEXT
    assert not re.findall(r"(?<!: )#[0-9a-f]{3,6}\b(?!;)", TEXT)
    used = set(re.findall(r"var\(--([a-z-]+)\)", TEXT))
    assert used == set(LIGHT)


def test_wide_things_scroll_in_their_own_container() -> None:
    assert re.search(r"\.scroll \{ position: relative; overflow: auto;.+max-width: 100%", TEXT)
    (narrow,) = re.findall(r"@media \(max-width: 40rem\) \{(.+?)\n\}", TEXT, re.DOTALL)
    assert ".narrow { display: none; }" in TEXT.replace(narrow, "")
    assert ".narrow { display: inline; }" in narrow  # there a sentence says that they scroll
