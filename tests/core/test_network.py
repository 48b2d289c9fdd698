"""NET-1 to NET-6: the masked network, on integers that every dtype holds exactly."""

from itertools import pairwise

import numpy as np
import pytest

import iaf_ref as ir


def integers(*shape, seed):
    return np.random.Generator(np.random.PCG64(seed)).integers(-3, 4, shape).astype(float)


def layers(degrees, params=2, seed=1):
    """Dense integer weights: what is outside the masks is to be ignored."""
    sizes = (degrees.context_dim + degrees.dim, *degrees.widths)
    hidden = [
        (integers(n, m, seed=seed + k), integers(n, seed=seed + 10 + k))
        for k, (m, n) in enumerate(pairwise(sizes))
    ]
    output = (
        integers(params, degrees.dim, sizes[-1], seed=seed + 20),
        integers(params, degrees.dim, seed=seed + 21),
    )
    return hidden, output, integers(params, degrees.dim, sizes[0], seed=seed + 22)


def placed(at, hidden, output, skip):
    hidden = [tuple(map(at.array, layer)) for layer in hidden]
    return hidden, tuple(map(at.array, output)), None if skip is None else at.array(skip)


def unit(weights, mask, bias, values):
    """One unit, number by number: a mask removes a weight whatever it is."""
    return bias + sum(w * v for w, m, v in zip(weights, mask, values, strict=True) if m)


def by_hand(degrees, hidden, output, skip, inputs, residual):
    masks = ir.made_masks(degrees)

    def relu(h):
        return [max(v, 0.0) for v in h]

    def layer(k, h):
        W, b = hidden[k]
        return [unit(W[n], masks.hidden[k][n], b[n], h) for n in range(len(b))]

    if residual:
        h = layer(0, inputs)
        for k in range(1, len(hidden), 2):
            h = [a + r for a, r in zip(h, layer(k + 1, relu(layer(k, relu(h)))), strict=True)]
    else:
        h = inputs
        for k in range(len(hidden)):
            h = relu(layer(k, h))
    W, b = output
    return [
        [
            unit(W[p, i], masks.output[i], b[p, i], h)
            + (0.0 if skip is None else unit(skip[p, i], masks.skip[i], 0.0, inputs))
            for i in range(degrees.dim)
        ]
        for p in range(len(b))
    ]


NETWORKS = [
    {"dim": 4, "hidden": (6, 5)},
    {"dim": 4, "hidden": (6,), "context_dim": 2, "order": [2, 0, 1, 3]},
    {"dim": 4, "hidden": (5, 7, 5), "residual": True, "strategy": "cyclic"},
    {"dim": 4, "hidden": (5, 7, 5, 6, 5), "residual": True, "context_dim": 1},
    {"dim": 3, "hidden": (), "context_dim": 2},
    {"dim": 4, "hidden": (4,), "order": [[0, 1], [2, 3]]},
    {
        "dim": 4,
        "hidden": (4,),
        "adjacency": [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0]],
    },
    {"dim": 1, "hidden": (3,)},
    {"dim": 1, "hidden": (3, 2), "context_dim": 1},
]


@pytest.mark.parametrize("with_skip", [False, True])
@pytest.mark.parametrize("params", [1, 2, 3])
@pytest.mark.parametrize("options", NETWORKS, ids=str)
def test_the_network_is_its_equations(numpys, options, params, with_skip):
    options = dict(options)
    residual = options.pop("residual", False)
    degrees = ir.made_degrees(**options)
    hidden, output, skip = layers(degrees, params)
    skip = skip if with_skip else None
    net = ir.AutoregressiveNetwork(
        degrees, *placed(numpys, hidden, output, skip), residual=residual
    )
    x, context = integers(2, degrees.dim, seed=5), integers(2, degrees.context_dim, seed=6)
    o = net(numpys.array(x), numpys.array(context) if degrees.context_dim else None)
    assert o.shape == (2, params, degrees.dim)
    inputs = np.concatenate([context, x], axis=1).tolist()  # NET-3: the context first
    expected = [by_hand(degrees, hidden, output, skip, row, residual) for row in inputs]
    assert numpys.host(o).tolist() == expected


@pytest.mark.parametrize("options", NETWORKS[:4], ids=str)
def test_every_arithmetic_gives_the_same_integers(at, host, options):
    options = dict(options)
    residual = options.pop("residual", False)
    degrees = ir.made_degrees(**options)
    weights, x = layers(degrees), integers(2, degrees.dim, seed=5)
    context = integers(2, degrees.context_dim, seed=6)

    def run(arithmetic):
        net = ir.AutoregressiveNetwork(degrees, *placed(arithmetic, *weights), residual=residual)
        return net(arithmetic.array(x), arithmetic.array(context) if degrees.context_dim else None)

    o = run(at)
    assert at.holds(o)
    assert at.host(o).tolist() == host.host(run(host)).tolist()


def test_weights_outside_the_masks_may_hold_anything(at):
    degrees = ir.made_degrees(3, (4,))
    masks, (hidden, output, skip) = ir.made_masks(degrees), layers(degrees)
    poisoned = [(np.where(masks.hidden[0], hidden[0][0], np.nan), hidden[0][1])]
    outputs = np.where(masks.output, output[0], np.inf), output[1]
    skips = np.where(masks.skip, skip, np.nan)
    clean = ir.AutoregressiveNetwork(degrees, *placed(at, hidden, output, skip))
    other = ir.AutoregressiveNetwork(degrees, *placed(at, poisoned, outputs, skips))
    x = at.draw(5, 3)
    assert at.same(clean(x), other(x))
    assert np.all(np.isfinite(at.host(other(x))))


def test_the_bias_is_not_masked(host):
    degrees = ir.made_degrees(2, (2,))
    hidden, (W, b), _ = layers(degrees)
    moved = ir.AutoregressiveNetwork(degrees, *placed(host, hidden, (W, b + 1.0), None))
    still = ir.AutoregressiveNetwork(degrees, *placed(host, hidden, (W, b), None))
    x = host.draw(2)
    assert (moved(x) - still(x)).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_the_context_reaches_every_output_the_first_too(host):
    flow = host.flow(context_dim=2, activation="tanh")
    x, c = host.draw(4), host.draw(2)
    for k in range(2):
        moved = flow.network(x, c + np.eye(2)[k])
        assert np.all(moved != flow.network(x, c))


# Uniform in +-1/sqrt(fan-in), from PCG64: another stream or another order of the draws gives
# other weights.
def test_init_is_golden():
    net = ir.AutoregressiveNetwork.init(ir.made_degrees(2, (2,)), seed=0)
    rng = np.random.Generator(np.random.PCG64(0))
    first, bias = rng.uniform(-1, 1, (2, 2)), rng.uniform(-1, 1, 2)
    W, b = net.hidden[0]
    assert W.tolist() == [[first[0, 0], 0.0], [first[1, 0], 0.0]]
    assert b.tolist() == bias.tolist()
    V, c = net.output
    second = rng.uniform(-1, 1, (2, 2, 2)) / np.sqrt([1.0, 2.0])[:, None]
    assert V[:, 1].tolist() == second[:, 1].tolist()
    assert V[:, 0].tolist() == [[0.0, 0.0]] * 2
    assert c.tolist() == (rng.uniform(-1, 1, (2, 2)) / np.sqrt([1.0, 2.0])).tolist()


def test_init_draws_the_same_weights_everywhere(at, host):
    options = {"context_dim": 1, "skip": True, "seed": 3}
    ours, theirs = (a.flow(**options).network for a in (at, host))
    for (a, b), (c, d) in zip(
        (*ours.hidden, ours.output), (*theirs.hidden, theirs.output), strict=True
    ):
        for mine, other in ((a, c), (b, d), (ours.skip, theirs.skip)):
            assert at.holds(mine)
            assert np.array_equal(at.host(mine), host.host(other).astype(at.dtype))


def test_init_touches_no_global_generator_and_follows_its_seed(host):
    before = np.random.get_state()  # noqa: NPY002 - the generator that must not be touched
    one, same, other = (host.flow(seed=s).network.output[0] for s in (0, 0, 1))
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"params": 0}, ValueError, "params: expected an integer >= 1, got 0"),
        ({"params": 1.0}, TypeError, "params: expected an integer, got float"),
        ({"seed": -1}, ValueError, "seed: expected an integer >= 0, got -1"),
        ({"seed": None}, TypeError, "seed: expected an integer, got NoneType"),
        ({"xp": "numpy"}, TypeError, "xp: expected an array namespace, got 'numpy'"),
        (
            {"dtype": "int32"},
            ValueError,
            "dtype: expected one of float16, float32, float64, got 'int32'",
        ),
        (
            {"activation": "swish"},
            ValueError,
            "activation: expected one of relu, .*, silu, got 'swish'",
        ),
    ],
)
def test_init_refuses(options, error, message):
    with pytest.raises(error, match=message):
        ir.AutoregressiveNetwork.init(ir.made_degrees(2, (2,)), **options)


def test_the_masks_of_a_network_are_those_of_its_degrees(host):
    net = host.flow(context_dim=1).network
    expected = ir.made_masks(net.degrees)
    assert np.array_equal(net.masks.output, expected.output)
    assert np.all(net.output[0][:, ~expected.output] == 0)


D43 = ir.made_degrees(4, (3,))


def zeros(**changed):
    shapes = {"W": (3, 4), "b": (3,), "Wo": (2, 4, 3), "bo": (2, 4), "skip": None} | changed
    a = {k: np.zeros(v) if isinstance(v, tuple) else v for k, v in shapes.items()}
    return [(a["W"], a["b"])], (a["Wo"], a["bo"]), a["skip"]


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"W": (4, 3)}, ValueError, r"hidden\[0\]\[0\]: expected shape \(3, 4\), got \(4, 3\)"),
        ({"b": (4,)}, ValueError, r"hidden\[0\]\[1\]: expected shape \(3,\), got \(4,\)"),
        ({"b": ()}, ValueError, r"hidden\[0\]\[1\]: expected shape \(3,\), got \(\)"),
        (
            {"Wo": (2, 3, 3)},
            ValueError,
            r"output\[0\]: expected shape \(\*, 4, \*\), got \(2, 3, 3\)",
        ),
        (
            {"Wo": (2, 4, 4)},
            ValueError,
            r"output\[0\]: expected shape \(2, 4, 3\), got \(2, 4, 4\)",
        ),
        ({"bo": (1, 4)}, ValueError, r"output\[1\]: expected shape \(2, 4\), got \(1, 4\)"),
        ({"skip": (2, 4, 3)}, ValueError, r"skip: expected shape \(2, 4, 4\), got \(2, 4, 3\)"),
        (
            {"W": np.zeros((3, 4), np.float32)},
            TypeError,
            r"hidden.*: expected dtype float64, as output\[0\], got float32",
        ),
        ({"W": np.zeros((3, 4), int)}, TypeError, "expected a real floating dtype, got int64"),
        (
            {"W": np.zeros((3, 4), complex)},
            TypeError,
            "expected a real floating dtype, got complex128",
        ),
        ({"Wo": [[0.0]]}, TypeError, r"output\[0\]: expected an array, got list"),
        ({"bo": None}, TypeError, r"output\[1\]: expected an array, got NoneType"),
    ],
)
def test_refused_weights(changed, error, message):
    with pytest.raises(error, match=message):
        ir.AutoregressiveNetwork(D43, *zeros(**changed))


@pytest.mark.parametrize(
    ("hidden", "residual", "message"),
    [
        ((3, 3), False, "hidden: expected 2 layers, as the degrees have, got 1"),
        ((), False, "hidden: expected 0 layers, as the degrees have, got 1"),
    ],
)
def test_refused_numbers_of_layers(hidden, residual, message):
    with pytest.raises(ValueError, match=message):
        ir.AutoregressiveNetwork(ir.made_degrees(4, hidden), *zeros(), residual=residual)


@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        ((4, 4), r"hidden: expected 1 \+ 2 n layers with residual=True, got 2"),
        ((), r"hidden: expected 1 \+ 2 n layers with residual=True, got 0"),
        (
            ([1, 2, 3], 5, [1, 3, 2]),
            "hidden: expected every residual block to end in the degrees it starts from",
        ),
    ],
)
def test_refused_blocks(hidden, message):
    with pytest.raises(ValueError, match=message):
        ir.AutoregressiveNetwork.init(ir.made_degrees(4, hidden), residual=True)


def test_weights_on_two_devices_are_refused():
    strict = pytest.importorskip("array_api_strict")
    (hidden, output, _) = zeros()
    there = [
        tuple(strict.asarray(a, device=strict.Device("device1")) for a in layer) for layer in hidden
    ]
    here = tuple(strict.asarray(a) for a in output)
    with pytest.raises(
        TypeError,
        match=r"hidden\[0\]\[0\]: expected device .*CPU_DEVICE.*, as output\[0\], got .*device1",
    ):
        ir.AutoregressiveNetwork(D43, there, here)
    with pytest.raises(
        TypeError,
        match=r"expected an array of array_api_strict, as output\[0\], got one of .*numpy",
    ):
        ir.AutoregressiveNetwork(D43, hidden, here)


def test_a_network_is_frozen(host):
    net = host.flow().network
    with pytest.raises(AttributeError):
        net.skip = None
    assert isinstance(net.hidden, tuple)
