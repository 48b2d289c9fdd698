"""Numbers and arrays go over the wire and come back the same, bit for bit."""

import re
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iaf_ref_conformance.testee.wire import (
    WireError,
    read_array,
    read_number,
    write_array,
    write_number,
)
from iaf_ref_conformance.verify import schema

WRITTEN = schema("testee-ask")["$defs"]["array"]["properties"]["data"]["items"]["pattern"]
READ = schema("testee-answer")["$defs"]["array"]["properties"]["data"]["items"]["pattern"]


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


@given(st.integers(0, 2**64 - 1))
def test_every_float64_comes_back(pattern: int) -> None:
    (value,) = struct.unpack("<d", struct.pack("<Q", pattern))
    text = write_number(value)
    back = read_number(text)
    assert bits(back) == bits(value) or (np.isnan(back) and np.isnan(value))
    assert re.search(WRITTEN, text)
    assert re.search(READ, text)


@given(st.lists(st.integers(0, 2**32 - 1), max_size=12))
def test_every_float32_comes_back(patterns: list[int]) -> None:
    array = np.array(patterns, dtype=np.uint32).view(np.float32).reshape(-1, 1)
    message = write_array(array)
    back = read_array("x", message, "float32")
    assert (message["dtype"], back.dtype, back.shape) == ("float32", array.dtype, array.shape)
    nan = np.isnan(array)
    assert np.array_equal(np.isnan(back), nan)
    assert back[~nan].tobytes() == array[~nan].tobytes()


@given(
    st.sampled_from(["", "-", "+"]),
    st.integers(0, 2**70),
    st.integers(0, 2**20 - 1),
    st.integers(-1200, 1100),
)
def test_a_number_is_read_exactly_or_refused(sign: str, whole: int, part: int, power: int) -> None:
    text = f"{sign}0x{whole:x}.{part:05x}p{power:+d}"
    true = (whole + Fraction(part, 2**20)) * Fraction(2) ** power
    try:
        value = read_number(text)
    except WireError:
        try:
            assert Fraction(float(true)) != true
        except OverflowError:
            assert true >= 2**1023
    else:
        assert Fraction(value) == (-true if sign == "-" else true)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x0p+0", 0.0),
        ("-0x0p+0", -0.0),
        ("0x1p-1074", 5e-324),
        ("0x0.0000000000001p-1022", 5e-324),  # as glibc prints it
        ("0x8.8p-3", 1.0625),  # a long double of glibc begins with 8 to f
        ("infinity", np.inf),
        ("-inf", -np.inf),
        ("-nan", np.nan),  # as glibc prints what 0/0 is on x86
    ],
)
def test_what_c_libraries_print_is_read(text: str, value: float) -> None:
    assert re.search(READ, text)
    back = read_number(text)
    assert bits(back) == bits(value) or (np.isnan(value) and np.isnan(back))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.5",
        "0x1.8",
        "1.8p+1",
        "0X1P+0",
        "0x1p+0\n",
        "NaN",
        "nan(1)",
        "0x1p+1024",
        "0x1p-99999",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(
        WireError, match=r"expected a (hexadecimal float|number that float64 holds)"
    ):
        read_number(text)


@pytest.mark.parametrize(
    ("message", "dtype", "words"),
    [
        ({"shape": [2], "data": ["0x1p+0"]}, "float64", r"y: expected 2 entries for \(2,\), got 1"),
        ({"shape": [1], "data": [1]}, "float64", "y: expected entries that are hexadecimal floats"),
        ({"shape": [1], "data": ["0x1p+0"]}, "bool", "y: expected entries that are 0 or 1"),
        (
            {"shape": [1], "data": ["0x1.000001p+0"]},
            "float32",
            "TYPE-1: y: expected numbers that float32 holds, got 0x1.000001p",
        ),
        ({"shape": [1], "data": ["0x1p+200"]}, "float32", "TYPE-1: y: expected numbers that"),
    ],
)
def test_an_array_that_is_none_is_refused(message: dict, dtype: str, words: str) -> None:
    with pytest.raises(WireError, match=words):
        read_array("y", message, dtype)


def test_masks_are_read() -> None:
    mask = read_array("masks[0]", {"shape": [1, 2], "data": [0, 1]}, "bool")
    assert mask.dtype == bool
    assert mask.tolist() == [[False, True]]
