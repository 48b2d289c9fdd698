"""Flows in files: exact, atomic, and refused when anything about them is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import iaf_ref as ir
from iaf_ref import describe, storage


def everything(at):
    """One flow with every kind of part and of scale map."""
    order = [2, 0, 3, 1]
    return ir.Chain(
        [
            at.flow(context_dim=2, skip=True, activation="gelu", order=order, seed=1),
            ir.Permutation(order),
            ir.Inverse(at.flow(scale=ir.Gated(1.5), hidden=(5, 6, 5), residual=True, seed=2)),
            ir.Chain([at.flow(scale=ir.SoftClip(0.5), hidden=(), seed=3), ir.Permutation(order)]),
            at.flow(scale=ir.Softplus(0.1, 0.2), order=[[0, 1], [2, 3]], seed=4),
            at.flow(scale=ir.Sigmoid(0.3, 0.4), adjacency=np.tri(4, k=-2), strategy="even", seed=5),
        ]
    )


def subject(at):
    return everything(at), at.draw(3, 4, seed=8), at.draw(3, 2, seed=9)


def test_what_is_loaded_is_what_was_saved_bit_for_bit(stored, tmp_path):
    flow, x, context = subject(stored)
    ir.save(tmp_path / "flow", flow)
    again = ir.load(str(tmp_path / "flow"), xp=stored.xp, device=stored.device)
    for a, b in zip(flow.forward(x, context), again.forward(x, context), strict=True):
        assert stored.holds(b)
        assert stored.same(a, b)
    texts, tensors = zip(*(describe.describe(f) for f in (flow, again)), strict=True)
    assert texts[0] == texts[1]
    assert all(
        np.array_equal(tensors[0][name], tensors[1][name]) for name in tensors[0] | tensors[1]
    )
    assert [t.degrees for t in (flow.transforms[0], flow.transforms[-1])] == [
        t.degrees for t in (again.transforms[0], again.transforms[-1])
    ]


def test_a_new_process_computes_the_same_bits(host, tmp_path):
    flow, x, context = subject(host)
    ir.save(tmp_path / "flow", flow)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "c.npy", context)
    code = (
        "import sys, numpy as np, iaf_ref as ir\n"
        "folder = sys.argv[1]\n"
        "x, c = np.load(folder + '/x.npy'), np.load(folder + '/c.npy')\n"
        "y, log_det = ir.load(folder + '/flow').forward(x, c)\n"
        "print((y.tobytes() + log_det.tobytes()).hex())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    y, log_det = flow.forward(x, context)
    assert done.stdout.strip() == (y.tobytes() + log_det.tobytes()).hex()


def test_the_dtype_may_be_another(stored, tmp_path):
    flow = ir.AffineAutoregressive(stored.flow().network)
    ir.save(tmp_path / "flow", flow)
    again = ir.load(tmp_path / "flow", xp=stored.xp, device=stored.device, dtype="float32")
    assert again.network.output[0].dtype == stored.xp.float32
    expected = stored.host(flow.network.output[0]).astype("float32")
    assert np.array_equal(stored.host(again.network.output[0]), expected)


def test_a_loaded_flow_shares_no_memory_with_anybody(host):
    text, tensors = describe.describe(host.flow())
    flow, x = describe.rebuild(text, tensors), host.draw(3, 4)
    before, _ = flow.forward(x)
    for array in tensors.values():
        array[...] = 1.0
    assert np.array_equal(flow.forward(x)[0], before)


def test_the_old_file_stays_when_a_write_fails(host, tmp_path, monkeypatch):
    path = tmp_path / "flow"
    ir.save(path, ir.Permutation([1, 0]))
    old = path.read_bytes()

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        ir.save(path, host.flow())
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.undo()
    ir.save(path, ir.Permutation([2, 0, 1]))  # replaced
    assert ir.load(path) == ir.Permutation([2, 0, 1])
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="nowhere/flow: expected a folder to write to, got none"):
        ir.save(tmp_path / "nowhere" / "flow", ir.Permutation([0]))


def test_nothing_is_written_for_what_cannot_be_described(host, tmp_path):
    path = tmp_path / "flow"
    for thing in (
        None,
        host.flow().network,
        ir.PerDimension(host.flow()),
        ir.Chain([ir.Permutation([0])]).transforms,
    ):
        with pytest.raises(
            TypeError, match="flow: expected a flow, a permutation, a chain or an inverse, got"
        ):
            ir.save(path, thing)
    assert not path.exists()


@pytest.fixture
def file(host, tmp_path) -> Path:
    path = tmp_path / "flow"
    ir.save(path, ir.Chain([host.flow(dim=2, hidden=(2,)), ir.Permutation([1, 0])]))
    return path


def refused(path, message=r"expected .+, got.+", error=ValueError):
    with pytest.raises(error, match=message) as caught:
        ir.load(path)
    assert str(path) in str(caught.value)


def test_one_flipped_byte_anywhere_is_refused(file):
    content = file.read_bytes()
    start = 8 + int.from_bytes(
        content[:8], "little"
    )  # length of the header, the header, the numbers
    places = [*range(12), *range(12, start, 5), *range(start, len(content), 3)]
    for place in places:
        for mask in (0x01, 0x80):
            damaged = bytearray(content)
            damaged[place] ^= mask
            file.write_bytes(damaged)
            refused(file)


def test_a_truncated_file_is_refused(file):
    content = file.read_bytes()
    for length in (0, 4, 8, 100, len(content) // 2, len(content) - 1):
        file.write_bytes(content[:length])
        refused(file, "expected a safetensors file, got one that cannot be read")
    file.write_bytes(content + b"\0")
    refused(file)


def test_what_is_not_ours_is_refused(tmp_path, host):
    from safetensors.numpy import save_file

    path = tmp_path / "file"
    refused(path, "expected a file, got none", FileNotFoundError)
    path.write_text("not a flow")
    refused(path, "expected a safetensors file, got one that cannot be read")
    save_file({"weight": np.zeros(3)}, path)
    refused(path, "expected format 'iaf-ref-flow/1', got None")
    save_file({"weight": np.zeros(3)}, path, metadata={"format": "iaf-ref-flow/2"})
    refused(path, "expected format 'iaf-ref-flow/1', got 'iaf-ref-flow/2'")
    save_file({"weight": np.zeros(3)}, path, metadata={"format": storage.FORMAT})
    refused(path, r"expected the content that was saved \(sha256\), got other content")
    refused(tmp_path, "expected a safetensors file, got one that cannot be read")


def written(path, text, tensors):
    """A file with this description and the digest that belongs to it."""
    from safetensors.numpy import save_file

    spec = text if isinstance(text, str) else json.dumps(text)
    metadata = {"format": storage.FORMAT, "flow": spec, "sha256": storage.digest(spec, tensors)}
    save_file(tensors, path, metadata=metadata)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path, host, poison):
    text, tensors = describe.describe(host.flow())
    tensors["hidden.0.bias"][1] = poison
    written(tmp_path / "flow", text, tensors)
    refused(
        tmp_path / "flow", r"expected finite weights, got a NaN or an infinity in 'hidden\.0\.bias'"
    )


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_not_written(tmp_path, host, poison):
    flow = host.flow()
    flow.network.output[1][0, 0] = poison
    with pytest.raises(
        ValueError, match=r"flow: expected finite weights, got .* in 'output\.bias'"
    ):
        ir.save(tmp_path / "flow", flow)
    assert list(tmp_path.iterdir()) == []


def test_the_umask_decides_who_may_read_a_file(tmp_path, host):
    ir.save(tmp_path / "flow", host.flow())
    (tmp_path / "plain").touch()
    assert (tmp_path / "flow").stat().st_mode == (tmp_path / "plain").stat().st_mode


def changed(text, path, value):
    text = json.loads(json.dumps(text))
    place = text
    for key in path[:-1]:
        place = place[key]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "spline"),
        (("kind",), KeyError),
        (("scale",), KeyError),
        (("scale", "kind"), "linear"),
        (("scale", "kind"), KeyError),
        (("scale", "min"), 9.0),
        (("scale", "min"), "low"),
        (("scale", "low"), 0.0),
        (("scale",), None),
        (("activation",), "swish"),
        (("activation",), KeyError),
        (("residual",), True),
        (("context_dim",), 1),
        (("context_dim",), "two"),
        (("context_dim",), None),
        (("degrees",), [1, 2, 3]),
        (("degrees",), [1, 2, 3, 4, 5]),
        (("degrees",), "abcd"),
        (("degrees",), [1, 2, 3, -4]),
        (("degrees",), []),
        (("degrees",), None),
        (("hidden_degrees",), [[1]]),
        (("hidden_degrees",), 3),
        (("adjacency",), [[1]]),
        (("adjacency",), "graph"),
    ],
    ids=str,
)
def test_a_description_that_is_wrong_is_refused(tmp_path, host, path, value):
    text, tensors = describe.describe(host.flow())
    written(tmp_path / "flow", changed(text, path, value), tensors)
    with pytest.raises(ValueError, match=r"expected .+, got.+"):
        ir.load(tmp_path / "flow")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "null",
        "[]",
        "3",
        '{"kind": []}',
        '{"kind": "inverse"}',
        '{"kind": "chain", "transforms": []}',
        '{"kind": "chain", "transforms": 1}',
        '{"kind": "permutation"}',
        '{"kind": "permutation", "order": 2}',
        '{"kind": "permutation", "order": [0, 0]}',
        '{"kind": "permutation", "order": ["a"]}',
    ],
)
def test_a_description_that_is_none_is_refused(tmp_path, text):
    written(tmp_path / "flow", text, {"w": np.zeros(1)})
    with pytest.raises(ValueError, match=r"expected .+, got.+"):
        ir.load(tmp_path / "flow")


@pytest.mark.parametrize(
    "name", ["output.weight", "output.bias", "hidden.0.weight", "hidden.1.bias"]
)
def test_a_missing_array_is_refused(tmp_path, host, name):
    text, tensors = describe.describe(host.flow())
    del tensors[name]
    written(tmp_path / "flow", text, tensors)
    refused(tmp_path / "flow", f"expected the description of a flow, got.* '{name}'")


def test_an_array_of_another_shape_is_refused(tmp_path, host):
    text, tensors = describe.describe(host.flow())
    tensors["output.bias"] = np.zeros((2, 3))
    written(tmp_path / "flow", text, tensors)
    with pytest.raises(ValueError, match=r"output\[1\]: expected shape \(2, 4\), got \(2, 3\)"):
        ir.load(tmp_path / "flow")


def test_a_dtype_that_is_none_is_refused(file):
    for dtype in ("float80", "int32", "bfloat16"):
        with pytest.raises(
            ValueError, match=f"dtype: expected one of float16, float32, float64, got '{dtype}'"
        ):
            ir.load(file, dtype=dtype)
