"""What is frozen stays so, and what is handed over is copied or refused."""

import copy

import numpy as np
import pytest

import iaf_ref as ir


def test_a_later_write_to_a_bias_changes_no_flow(host):
    degrees = ir.made_degrees(3, (4,))
    drawn = ir.AutoregressiveNetwork.init(degrees)
    bias, last = drawn.hidden[0][1].copy(), drawn.output[1].copy()
    net = ir.AutoregressiveNetwork(degrees, [(drawn.hidden[0][0], bias)], (drawn.output[0], last))
    x = host.draw(2, 3)
    before = net(x)
    bias += 1.0
    last += 1.0
    assert np.array_equal(net(x), before)


def test_degrees_cannot_change():
    given = np.array([1, 2, 3])
    degrees = ir.Degrees(np.array([], dtype=int), given, (np.array([1, 2]),))
    given[0] = 3
    assert degrees.input.tolist() == [1, 2, 3]
    assert copy.deepcopy(degrees) is degrees
    with pytest.raises(ValueError, match="read-only"):
        degrees.hidden[0][0] = 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ([], [0, 1, 2], ()),
            ValueError,
            r"input: expected .* of 1..K .* got \[0, 1, 2\]",
        ),
        (([], [1, 3], ()), ValueError, r"input: expected each degree of 1..K .* got \[1, 3\]"),
        (([], [], ()), ValueError, r"input: expected each degree of 1..K at least once, got \[\]"),
        (([1], [1, 2], ()), ValueError, r"context: expected degrees 0, got \[1\]"),
        (([], [1, 2], ([2],)), ValueError, r"hidden\[0\]: expected .* degrees in 0..1, got \[2\]"),
        (([], [1.5, 2], ()), TypeError, "degrees: expected integers, got"),
        (([], [True, 2], ()), TypeError, "degrees: expected integers, got"),
        (([], [1, 2], (), np.ones((2, 2))), ValueError, "expected parents of smaller degree"),
        (([], [1, 2], (), np.ones((2, 3))), ValueError, r"expected shape \(2, 2\), got \(2, 3\)"),
    ],
)
def test_degrees_that_are_none_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        ir.Degrees(*arguments)


def wrong_kinds(host):
    flow = host.flow()
    base = ir.Normal(host.draw(4), host.draw(4))
    return [
        (
            lambda: ir.AffineAutoregressive("net"),
            "network: expected AutoregressiveNetw.*, got str",
        ),
        (lambda: ir.AffineAutoregressive(flow.network, "exp"), "scale: expected ScaleMap, got str"),
        (lambda: ir.AutoregressiveNetwork((1, 2), [], ()), "degrees: expected Degrees, got tuple"),
        (lambda: ir.Chain(["a"]), r"transforms\[0\]: expected a transform, got str without event"),
        (lambda: ir.Chain(flow), "transforms: expected a sequence, got AffineAutoregressive"),
        (lambda: ir.Inverse(3), "transform: expected a transform, got int without event_dim"),
        (
            lambda: ir.PerDimension(ir.Chain([flow])),
            "flow: expected AffineAutoreg.*, got Chain",
        ),
        (lambda: ir.TransformedDistribution(None, [flow]), "base: expected Distribution, got None"),
        (
            lambda: ir.TransformedDistribution(base, flow),
            "transforms: expected a sequence, got",
        ),
        (lambda: ir.made_masks(None), "degrees: expected Degrees, got NoneType"),
        (lambda: ir.connectivity(None), "masks: expected Masks, got NoneType"),
        (lambda: ir.made_degrees(3, 20), "hidden: expected a sequence, got int"),
        (lambda: ir.made_degrees(3, (4,), order=5), "order: expected a sequence, got int"),
        (lambda: ir.made_degrees(3, (4,), order="012"), "order: expected a sequence, got str"),
        (lambda: ir.made_degrees(3, (4,), seed="a"), "seed: expected an integer, got str"),
        (
            lambda: ir.iaf_posterior(host.draw(4), host.draw(4), host.draw(4), (f for f in [flow])),
            "steps: expected a sequence, got generator",
        ),
    ]


def test_other_kinds_of_objects_are_refused_when_something_is_made(host):
    for make, message in wrong_kinds(host):
        with pytest.raises(TypeError, match=message):
            make()


def test_a_ragged_graph_is_refused():
    with pytest.raises(ValueError, match="adjacency: expected rows of one length, got others"):
        ir.made_degrees(2, (4,), adjacency=[[0], [1, 0]])


def test_a_list_that_changes_later_changes_no_density(host):
    steps = [host.flow()]
    base = ir.MultivariateNormal(host.draw(4), scale_diag=abs(host.draw(4)) + 1.0)
    q, y = ir.TransformedDistribution(base, steps), host.draw(3, 4)
    before = q.log_prob(y)
    steps.clear()
    assert np.array_equal(q.log_prob(y), before)
    assert isinstance(hash(q), int)


class PerDimensionButMultivariate:
    """A log-det per dimension where event_dim 1 is declared."""

    event_dim, dim, context_dim = 1, 3, 0

    def forward(self, x, context=None):
        return x, x

    def inverse(self, y, context=None):
        return y, -y


def test_a_log_det_of_another_shape_is_refused_everywhere(host):
    wrong, x = PerDimensionButMultivariate(), host.draw(3, 3)
    for call in (
        lambda: ir.Chain([wrong]).forward(x),
        lambda: ir.Chain([wrong]).inverse(x),
        lambda: ir.iaf_posterior(x, x, abs(x) + 1.0, [wrong]),
    ):
        with pytest.raises(ValueError, match=r"expected shape \(3,\) .* got \(3, 3\): .*DENS-3"):
            call()


def test_a_context_that_nobody_takes_is_refused_everywhere(host):
    flow, x, context = host.flow(), host.draw(3, 4), host.draw(2)
    q = ir.TransformedDistribution(ir.Normal(host.draw(4), abs(host.draw(4)) + 1.0), [flow])
    for call in (
        lambda: q.log_prob(x, context=context),
        lambda: q.push(x, context=context),
        lambda: ir.iaf_posterior(x, x, abs(x) + 1.0, [flow], context=context),
        lambda: ir.Permutation([1, 0, 3, 2]).forward(x, context),
        lambda: ir.Permutation([1, 0, 3, 2]).inverse(x, context),
    ):
        with pytest.raises(ValueError, match="context: expected None, as no transform takes a con"):
            call()
    with pytest.raises(ValueError, match=r"method: expected one of blocked, .*, got"):
        ir.Permutation([1, 0, 3, 2]).inverse(x, method="newton")


def test_a_scale_that_underflows_on_the_way_leaves_no_nan():
    # y_2 waits for x_1, and until then sees a scale of 0: 0/0, and 0 * NaN would reach x_0
    degrees = ir.made_degrees(3, ())
    output, bias = np.zeros((2, 3, 3), np.float32), np.zeros((2, 3), np.float32)
    output[0, 1, 0], output[1, 2, 1] = 1000.0, 1.0
    flow = ir.AffineAutoregressive(
        ir.AutoregressiveNetwork(degrees, [], (output, bias)), ir.Gated()
    )
    y, _ = flow.forward(np.array([-1.0, 0.5, 0.0], np.float32))
    answers = [flow.inverse(y, method=method)[0] for method in ("sequential", "fixed_point")]
    assert np.isfinite(answers[0]).all()
    assert np.array_equal(*answers)


def test_the_low_rank_density_does_not_cancel():
    # cov = F F^T + 1e-6 I with r = F: r^T cov^-1 r = 1 / (1 + 1e-6 / |F|^2), all but 1; the form
    # that subtracts gets it from |F|^2 / 1e-6 = 3e6, of which float32 knows 0.25
    F = np.array([[1.0], [-1.0], [1.0]], np.float32)
    d = np.full(3, 2.0**-20, np.float32)
    q = ir.LowRankMultivariateNormal(np.zeros(3, np.float32), F, d)
    truth = -0.5 / (1 + 2.0**-20 / 3) - 0.5 * (np.log(3 + 2.0**-20) - 40 * np.log(2.0))
    truth -= 1.5 * np.log(2 * np.pi)
    # every term is below 2^4 and rounded a few dozen times: 64 roundings of 2^-24 * 2^4
    assert abs(float(q.log_prob(F[:, 0])) - truth) < 64 * 2.0**-20
    with pytest.raises(ValueError, match="rank of cov_factor: expected an integer >= 1, got 0"):
        ir.LowRankMultivariateNormal(d, np.zeros((3, 0), np.float32), d)


def test_a_file_keeps_the_weights_whatever_their_byte_order(tmp_path, host):
    degrees = ir.made_degrees(2, (3,))
    net = ir.AutoregressiveNetwork.init(degrees)
    swap = lambda a: a.astype(a.dtype.newbyteorder())  # noqa: E731
    foreign = ir.AutoregressiveNetwork(
        degrees, [(swap(W), swap(b)) for W, b in net.hidden], tuple(map(swap, net.output))
    )
    ir.save(tmp_path / "flow", ir.AffineAutoregressive(foreign))
    again = ir.load(tmp_path / "flow")
    x = host.draw(3, 2)
    assert np.array_equal(again.forward(x)[0], ir.AffineAutoregressive(net).forward(x)[0])


def test_weights_that_a_file_or_a_dtype_cannot_hold_are_refused(tmp_path):
    degrees = ir.made_degrees(1, ())
    wide = (np.full((2, 1, 1), 1e300), np.full((2, 1), 1e300))
    flow = ir.AffineAutoregressive(ir.AutoregressiveNetwork(degrees, [], wide))
    ir.save(tmp_path / "flow", flow)
    with pytest.raises(ValueError, match="expected finite weights, got a NaN or an infinity in"):
        ir.load(tmp_path / "flow", dtype="float32")
    if np.finfo(np.longdouble).bits > 64:
        longer = tuple(a.astype(np.longdouble) for a in wide)
        net = ir.AutoregressiveNetwork(degrees, [], longer)
        with pytest.raises(TypeError, match="expected float16, float32 or float64, got"):
            ir.save(tmp_path / "other", ir.AffineAutoregressive(net))


def test_a_link_stays_a_link_and_what_is_no_file_is_left_alone(tmp_path):
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    ir.save(tmp_path / "link", ir.Permutation([0]))
    assert (tmp_path / "link").is_symlink()
    assert ir.load(tmp_path / "real").dim == 1
    with pytest.raises(OSError, match="expected a regular file or a new one, got something else"):
        ir.save(tmp_path, ir.Permutation([0]))
