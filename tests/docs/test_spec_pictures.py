"""Pictures of the specification: of the code as it is, small, the same bytes, light and dark."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir

SPEC = Path(__file__).resolve().parents[2] / "docs" / "spec"
sys.path.insert(0, str(SPEC))  # scripts import their neighbours

import drawn  # noqa: E402

every_picture = pytest.mark.parametrize("name", drawn.PICTURES)


def svg(name: str) -> str:
    return (SPEC / "pictures" / f"{name}.svg").read_text("utf-8")


def test_each_picture_has_a_page_and_a_maker() -> None:
    shown = [
        name
        for page in SPEC.glob("*.md")
        for name in re.findall(r"\{figure\} pictures/(.*)\.svg", page.read_text("utf-8"))
    ]
    assert sorted(shown) == sorted(drawn.PICTURES)
    assert {path.stem for path in (SPEC / "pictures").iterdir()} == set(drawn.PICTURES)


@every_picture
def test_a_picture_shows_what_the_code_computes(name: str) -> None:
    assert f"sha256 {drawn.digest(drawn.PICTURES[name]())}" in svg(name)


@every_picture
def test_a_picture_is_small_and_stands_on_light_and_dark(name: str) -> None:
    source = svg(name)
    assert len(source.encode()) < 60_000
    colours = {c.lower() for c in re.findall(r"#[0-9a-fA-F]{6}\b", source)}
    assert colours
    for colour in colours:
        for ground in ("#ffffff", "#131416"):
            assert contrast(colour, ground) > 2.5, (colour, ground)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    dark, light = sorted(luminance(one_of) for one_of in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = np.asarray([int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@every_picture
def test_the_same_matplotlib_draws_the_same_bytes(name: str, drawings: Path) -> None:
    assert (drawings / f"{name}.svg").read_text("utf-8") == svg(name)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    mpl: Any = pytest.importorskip("matplotlib")
    made_by = re.search(r"Matplotlib v([\d.]+)", svg("masks"))
    assert made_by is not None
    if mpl.__version__ != made_by[1]:
        pytest.skip(f"drawn by Matplotlib {made_by[1]}, here is {mpl.__version__}")
    from drawings import draw

    folder = tmp_path_factory.mktemp("pictures")
    draw(folder)
    return folder


def test_without_matplotlib_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import pictures

    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    assert pictures.main() == 2
    assert "pip install 'iaf-ref[docs]'" in capsys.readouterr().err


def test_the_product_is_the_strict_order() -> None:
    data = drawn.masks()
    order = data["degrees_out"][:, None] > data["degrees_in"][None, :]
    assert np.array_equal(data["product"], order)


def test_the_blocked_inverse_computes_each_unit_in_its_step_and_reads_what_is_there() -> None:
    data = drawn.inverse_order()
    starts = data["starts"].tolist()
    assert len(starts) == 4  # halves of halves
    for kind in ("outputs", "x", "hidden units"):
        cells = data[f"blocked {kind}"]
        assert (np.count_nonzero(cells == drawn.NEEDED, axis=1) == 1).all()
        when = np.argmax(cells == drawn.NEEDED, axis=1)
        for unit, step in np.argwhere(cells == drawn.READ):
            assert when[unit] < step
            assert step + 1 in starts
        for unit, step in np.argwhere(cells == drawn.IN_VAIN):  # anew, within its part
            assert when[unit] < step
            assert not any(when[unit] < start - 1 <= step for start in starts)
    runs = data["sequential outputs"]
    assert (runs != drawn.NOTHING).all()
    assert np.count_nonzero(runs == drawn.NEEDED) == len(runs)


def test_by_degree_the_jacobian_is_triangular_and_empty_between_equals() -> None:
    data = drawn.jacobian()
    degrees = data["degrees"][data["sorting"]]
    J = data["by degree"]
    assert np.array_equal(J != 0.0, (degrees[:, None] > degrees[None, :]) | np.eye(8, dtype=bool))
    assert np.any(np.triu(data["by index"], 1))


def test_the_numbers_beside_the_conventions_are_those_of_the_densities() -> None:
    data, page = drawn.log_det_conventions(), (SPEC / "density.md").read_text("utf-8")
    right = np.sum(data["log p"]) - np.sum(data["log sigma"])
    mixed = np.sum(data["log p"]) - 10.0 * np.sum(data["log sigma"])
    assert f"minus {-right:.4f}" in page
    assert f"minus {-mixed:.4f}" in page
    assert np.isclose(mixed - right, -9.0 * np.sum(data["log sigma"]))


def test_a_number_that_may_round_either_way_is_refused() -> None:
    with pytest.raises(ValueError, match="expected numbers apart from the half of a unit"):
        drawn.digest({"x": np.asarray([0.25, 0.0005])})


def test_the_maps_are_those_of_the_specification() -> None:
    data = drawn.scale_maps()
    assert np.array_equal(data["Exp near"], np.clip(data["near"], -5.0, 3.0))
    assert {name.split()[0] for name in data if " " in name} == {
        kind.__name__ for kind in (ir.Exp, ir.SoftClip, ir.Softplus, ir.Sigmoid, ir.Gated)
    }
