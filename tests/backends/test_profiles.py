"""The profiles: every number has a source, and the derived numbers are those of the formats."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from iaf_ref_backends import profiles

NAMES = ("ieee-f64", "ieee-f32", "tf32", "bf16-in-f32-acc", "bf16", "f16")
FUNCTIONS = {"exp", "expm1", "log", "log1p", "tanh", "sqrt", "erf", "divide", "reciprocal", "pow"}


def test_names():
    assert profiles.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source(name):
    profile = profiles.load(name)
    sources = [profile.source, profile.flush_source]
    sources += [form.source for form in (profile.input, profile.accumulate, profile.store)]
    sources += [entry.source for entry in profile.functions.values()]
    assert all(len(source) > 20 for source in sources)


@pytest.mark.parametrize("name", NAMES)
def test_every_function_has_ulps(name):
    profile = profiles.load(name)
    assert set(profile.functions) == FUNCTIONS
    assert all(profile.ulps(function) >= 0.5 for function in FUNCTIONS)


@pytest.mark.parametrize(
    ("name", "input_", "accumulate", "store"),
    [
        ("ieee-f64", 53, 53, 53),
        ("ieee-f32", 24, 24, 24),
        ("tf32", 11, 22, 24),
        ("bf16-in-f32-acc", 8, 22, 24),
        ("bf16", 8, 22, 8),
        ("f16", 11, 22, 11),
    ],
)
def test_unit_roundoffs(name, input_, accumulate, store):
    profile = profiles.load(name)
    assert profile.input.roundoff == 2.0**-input_
    assert profile.accumulate.roundoff == 2.0**-accumulate
    assert profile.store.roundoff == 2.0**-store


@pytest.mark.parametrize(
    ("name", "dtype"), [("ieee-f64", np.float64), ("ieee-f32", np.float32), ("f16", np.float16)]
)
def test_limits_are_those_of_numpy(name, dtype):
    store, limits = profiles.load(name).store, np.finfo(dtype)
    assert profiles.load(name).dtype == np.dtype(dtype).name
    assert store.roundoff == float(limits.eps) / 2
    assert store.max_finite == float(limits.max)
    assert store.smallest_normal == float(limits.smallest_normal)
    assert store.smallest_subnormal == float(limits.smallest_subnormal)


def test_bfloat16_limits():
    store = profiles.load("bf16").store
    assert store.max_finite == float.fromhex("0x1.fep127")
    assert store.smallest_subnormal == 2.0**-133


def test_a_profile_is_one_immutable_object():
    profile = profiles.load("tf32")
    assert profiles.load("tf32") is profile
    assert len({profile, profiles.load("bf16"), profile}) == 2
    with pytest.raises(FrozenInstanceError):
        profile.flush_to_zero = False
    with pytest.raises(TypeError):
        profile.functions["exp"] = None


def test_unknown_name():
    with pytest.raises(ValueError, match=r"expected one of ieee-f64, .*, got 'f32'"):
        profiles.load("f32")
