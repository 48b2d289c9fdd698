"""Names, docstrings, what is loaded, and that no function branches on data."""

import doctest
import importlib
import inspect
import json
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import iaf_ref as ir

MODULES = [importlib.import_module(m.name) for m in pkgutil.iter_modules(ir.__path__, "iaf_ref.")]


def test_all_is_sorted_complete_and_of_this_package():
    # constants, classes, functions, each in the order of the alphabet (ruff, RUF022)
    assert ir.__all__ == sorted(ir.__all__, key=lambda n: (not n.isupper(), n[0].islower(), n))
    public = {
        name
        for name, value in vars(ir).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert set(ir.__all__) == public
    for name in ir.__all__:
        assert getattr(getattr(ir, name), "__module__", "iaf_ref").startswith("iaf_ref")


def documented(thing, module):
    """Public functions, classes and methods of a module, with their full names."""
    for name, value in vars(thing).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value):
            yield f"{thing.__name__}.{name}", value
            yield from documented(value, module)
        elif inspect.isfunction(value):
            yield f"{thing.__name__}.{name}", value


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_everything_public_has_a_docstring(module):
    assert module.__doc__
    assert [name for name, value in documented(module, module) if not inspect.getdoc(value)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_the_examples_run(module):
    assert doctest.testmod(module).failed == 0


def test_import_loads_numpy_and_array_api_compat_only():
    code = (
        "import json, sys; before = set(sys.modules); import iaf_ref\n"
        "new = {n for n in sys.modules if getattr(sys.modules[n], '__file__', 0)} - before\n"
        "new = {n.partition('.')[0] for n in new}\n"
        "print(json.dumps(sorted(new - set(sys.stdlib_module_names))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["array_api_compat", "iaf_ref", "numpy"]


# Every test with the fixture ``at`` runs on tracers; these two say so in one place, and that the
# tracers deserve the name.
@pytest.mark.parametrize("at", ["traced"], indirect=True)
@pytest.mark.parametrize(
    ("activation", "scale"),
    [
        *((name, ir.Exp()) for name in ir.ACTIVATIONS),
        *(("relu", scale) for scale in (ir.SoftClip(), ir.Softplus(), ir.Sigmoid(), ir.Gated())),
    ],
    ids=str,
)
def test_no_function_branches_on_data(at, activation, scale):
    flow = at.flow(dim=2, hidden=(2,), context_dim=1, skip=True, activation=activation, scale=scale)
    x, context = at.draw(2, seed=1), at.draw(1, seed=2)
    base = ir.LowRankMultivariateNormal(x, at.draw(2, 1), x * x + 1.0)
    steps = [flow, ir.Permutation([1, 0]), ir.Inverse(flow)]
    q = ir.TransformedDistribution(base, steps)
    assert at.holds(
        *flow.forward(x, context),
        *flow.inverse(x, context, method="sequential"),
        *flow.inverse(x, context, method="fixed_point"),
        *ir.Chain(steps).inverse(x, context),
        *q.push(x, context),
        q.log_prob(x, context),
        ir.jacobian(flow, x, context),
        *ir.iaf_posterior(x, x, x * x + 1.0, steps, context),
    )


@pytest.mark.parametrize("at", ["traced"], indirect=True)
def test_a_tracer_gives_no_entry_away(at):
    x = at.draw(1)
    for look in (bool, float, int, complex, list, len, np.asarray, lambda a: [0][a], hash):
        with pytest.raises(TypeError):
            look(x)
    with pytest.raises(TypeError, match="item assignment"):
        x[0] = 1.0


@pytest.mark.parametrize("at", ["readonly"], indirect=True)
def test_read_only_numpy_gives_nothing_writable(at):
    y, log_det = at.flow().forward(at.draw(2, 4))
    assert not log_det.flags.writeable
    for array in (at.flow().network.output[0], at.draw(2), at.xp.zeros(2), at.xp.stack([y, y])):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
