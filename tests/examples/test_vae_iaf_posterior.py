"""The autoencoder's example: what it prints is so, and its parts are what they are called."""

import itertools
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import iaf_ref as ir

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")
pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra: test)")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAME = "vae_iaf_posterior"


@pytest.fixture(scope="module")
def vae() -> Iterator[Any]:
    """The modules of the example, imported as it imports them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        import conforming
        import vae.model
        import vae.training

        yield vae, conforming
    for name in [n for n in sys.modules if n.partition(".")[0] in ("vae", "conforming")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def images(vae: Any) -> Any:
    return vae[0].training.digits()[1][:6]


def noise(*shape: int) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def test_it_runs_and_its_trained_flows_conform(
    play: Any, tmp_path: Path, quoted: Any, layout: Any
) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed (extra: examples)")
    done = play(NAME, "--quick", "--picture", str(tmp_path / "vae.png"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "vae.png").read_bytes().startswith(b"\x89PNG")
    assert "the trained flows conform: forward, inverse and log_prob of 2 flows" in done.stdout
    assert layout(done.stdout.splitlines()) == layout(quoted(NAME))
    rows = re.findall(r"^(\d) ((?: +-?\d+\.\d+){6})$", done.stdout, flags=re.MULTILINE)
    assert [seed for seed, _ in rows] == ["0", "1"]
    for _, numbers in rows:
        one, two, gain, *tighter = map(float, numbers.split())
        for before, after, difference in ((one, two, gain), tighter):
            # in thousandths, to which all three are rounded: halves of three make 1 at most
            printed = [round(1000 * number) for number in (before, after, difference)]
            assert abs(printed[1] - printed[0] - printed[2]) <= 1
        assert tighter[0] >= one  # Jensen
        assert tighter[1] >= two


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("torch", "expected PyTorch: pip install 'iaf-ref[torch]'"),
        ("sklearn", "expected scikit-learn: pip install 'iaf-ref[examples]'"),
        ("flint", "expected python-flint: pip install 'iaf-ref[oracle]'"),
    ],
)
def test_what_is_missing_is_named(play: Any, missing: str, told: str) -> None:
    done = play(NAME, "--quick", without=(missing,))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        ("no/such/folder/a.png", "expected a folder that exists, got"),
        ("a.doc", "expected a name that ends in one of"),
    ],
)
def test_a_picture_is_refused_before_anything_is_trained(
    play: Any, picture: str, told: str
) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed (extra: examples)")
    done = play(NAME, "--picture", picture)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_picture_needs_matplotlib(play: Any) -> None:
    done = play(NAME, "--picture", "a.png", without=("matplotlib",))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("expected Matplotlib: pip install 'iaf-ref[examples]'")


def test_both_posteriors_of_a_seed_begin_with_the_same_networks(vae: Any) -> None:
    models = [vae[0].model.Autoencoder(name, 4).state_dict() for name in vae[0].model.POSTERIORS]
    for name, weight in models[0].items():
        assert torch.equal(weight, models[1][name])
    assert {name.partition(".")[0] for name in models[1].keys() - models[0].keys()} == {"steps"}


@pytest.fixture
def even(vae: Any) -> Any:
    """A model whose decoder says 1/2 for every pixel, in float64."""
    model = vae[0].model.Autoencoder("diagonal", 0).double()
    for parameter in model.decoder.parameters():
        torch.nn.init.zeros_(parameter)
    return model


def test_the_likelihood_of_a_count_has_its_binomial_coefficient(vae: Any, even: Any) -> None:
    counts = torch.zeros(17, vae[0].model.PIXELS, dtype=torch.float64)
    counts[:, 5] = torch.arange(17)
    found = even.log_likelihood(counts, noise(1, vae[0].model.Z).double()).detach()
    ways = torch.exp(found - found[0])  # the same but for how many ways there are
    assert [round(float(n)) for n in ways] == [math.comb(16, k) for k in range(17)]


def test_the_likelihood_pulls_the_mean_to_the_count(vae: Any, even: Any) -> None:
    x = torch.arange(vae[0].model.PIXELS, dtype=torch.float64)[None] % 17
    even.log_likelihood(x, noise(1, vae[0].model.Z).double()).sum().backward()
    assert torch.equal(even.decoder[-1].bias.grad, x[0] - 8.0)  # x - 16 p, p = 1/2


def test_the_orders_of_the_steps_are_reversed_in_turn_and_the_map_is_gated(vae: Any) -> None:
    steps = vae[0].model.make_steps(0).transforms
    assert len(steps) == vae[0].model.T
    assert all(isinstance(step.scale, ir.Gated) for step in steps)
    for one, two in itertools.pairwise(steps):
        assert np.array_equal(one.degrees.input[::-1], two.degrees.input)


def test_a_flow_that_is_wrong_is_complained_of(vae: Any, images: Any) -> None:
    model = vae[0].model.Autoencoder("IAF", 0).requires_grad_(False)
    base, h = model.encode(images)

    class Wrong(ir.Chain):
        def forward(self, x: Any, context: Any = None) -> Any:
            z, log_det = super().forward(x, context)
            return z, 1.001 * log_det

    right = model.steps.flow()
    x = base.loc + base.scale * noise(*base.loc.shape)
    assert vae[1].complaint(right, base, x, h) == ""
    told = vae[1].complaint(Wrong(right.transforms), base, x, h)
    assert "DET-2: log_det" in told
    assert vae[1].verdict([told, ""], 6)[0] == "the trained flows do NOT conform: 1 of 2"
