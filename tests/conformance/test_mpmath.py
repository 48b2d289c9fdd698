"""The expected values of every case, recomputed by a second implementation."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "conformance" / "iaf_ref_conformance" / "vectors"
NAMES = sorted(path.stem for path in (VECTORS / "cases").glob("*.json"))

WITHOUT_VALUES = {"causality", "rows", "nonfinite", "round_trip", "refuse_dtype"}
"""Checks that compare a subject with itself."""
MASKS = {"masks", "connectivity"}


def by_path(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


second = by_path("mpmath_flow")


def test_there_are_cases() -> None:
    assert len(NAMES) >= 150


@pytest.mark.parametrize("name", NAMES)
def test_the_second_way_agrees(name: str) -> None:
    document, arrays = second.read(VECTORS / "cases" / name)
    description, tensors = second.read(VECTORS / "flows" / document["flow"])
    if document["check"] in WITHOUT_VALUES:
        assert document["expected"] == {}
        return
    if document["check"] in MASKS:
        compare_masks(document["check"], arrays, description["flow"])
        return
    if document["check"] == "gradient":
        compare_slopes(document, arrays, description["flow"], tensors)
        return
    with mp.workprec(second.BITS):
        values = second.answers(document, arrays, second.build(description["flow"], tensors))
        assert set(values) == set(document["expected"]) != set()
        for quantity, numbers in values.items():
            hi, lo = (arrays[f"expected.{quantity}.{part}"].ravel() for part in ("hi", "lo"))
            assert len(numbers) == len(hi)
            for number, high, low in zip(numbers, hi, lo, strict=True):
                assert abs(mpf(float(high)) + mpf(float(low)) - number) <= rounding(number), (
                    quantity
                )


def compare_slopes(
    document: dict[str, Any],
    arrays: dict[str, np.ndarray],
    flow: dict[str, Any],
    tensors: dict[str, np.ndarray],
) -> None:
    """One direction that moves every number by another amount: no derivative can be off unseen."""
    names = {name.removeprefix("input.") for name in arrays if name.startswith("input.")}
    assert set(document["expected"]) == names | set(tensors)
    rng = np.random.default_rng(0)
    direction = {
        name: rng.choice([-7, -5, -3, 2, 4, 6], size=shape)
        for name, shape in document["expected"].items()
    }
    with mp.workprec(second.BITS):
        stored, allowed = mpf(0), mpf(2) ** -250
        for name, ways in direction.items():
            parts = (arrays[f"expected.{name}.{part}"].ravel() for part in ("hi", "lo"))
            for way, high, low in zip(ways.ravel(), *parts, strict=True):
                number = mpf(float(high)) + mpf(float(low))
                stored += int(way) * number
                allowed += abs(int(way)) * rounding(number)
        assert abs(stored - second.slope(document, arrays, flow, tensors, direction)) <= allowed


def rounding(number: mpf) -> mpf:
    """What two doubles lose, doubled.

    Each rounds to nearest: 2^-53 of 2^-53 of the number, or half of 2^-1074. Twice that, for the
    ball (relative radius below 2^-110) and for the 800 bits of the second way.
    """
    return 2 * (abs(number) * mpf(2) ** -106 + mpf(2) ** -1075)


def compare_masks(check: str, arrays: dict[str, np.ndarray], flow: dict[str, object]) -> None:
    masks = second.masks_of(flow)
    stored = [arrays[f"expected.mask.{k}"].tolist() for k in range(len(arrays))]
    if check == "masks":
        assert stored in (
            masks,
            masks[:-1],
        )  # the last one is of the skip connections, if there are any
        return
    reach = np.asarray(masks[-2], dtype=int)
    for mask in reversed(masks[:-2]):
        reach = reach @ np.asarray(mask, dtype=int)
    assert stored == [(reach > 0).tolist()] == [masks[-1]]
