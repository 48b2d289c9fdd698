"""The deep Markov model's example: conventions, masks, and what is printed."""

import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import iaf_ref as ir

torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra: torch)")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAME = "deep_markov_model"
SEQUENCES = 7


@pytest.fixture(scope="module")
def dmm() -> Iterator[Any]:
    """The modules of the example, imported as it imports them, and a model with a bold flow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        from markov import accounting, conventions, data, model, training

        bold = model.DeepMarkovModel(True, 3)
        with torch.no_grad():
            for leaf in bold.flow.leaves:  # so that the log-det is not nearly 0
                leaf.add_(0.2)
        yield SimpleNamespace(
            accounting=accounting,
            conventions=conventions,
            data=data,
            training=training,
            make=model.DeepMarkovModel,
            model=bold.requires_grad_(False),
            batch=data.generate(SEQUENCES, seed=1),
            noise=training.noise_of(torch.Generator().manual_seed(2), SEQUENCES),
        )
    for name in [n for n in sys.modules if n.partition(".")[0] == "markov"]:
        del sys.modules[name]


def padded_with(dmm: Any, value: float) -> Any:
    """The same sequences, their padding another number."""
    x = torch.where(dmm.batch.mask[..., None], dmm.batch.x, value)
    return dmm.data.Sequences(x, dmm.batch.lengths)


def test_it_runs_and_its_claims_hold(play: Any, tmp_path: Path, quoted: Any, layout: Any) -> None:
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed (extra: examples)")
    done = play(NAME, "--quick", "--picture", str(tmp_path / "dmm.png"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dmm.png").read_bytes().startswith(b"\x89PNG")
    assert "the trained flows conform: forward, inverse and log_prob of 2 flows" in done.stdout
    assert re.search(r"^old .*right: the sum of B Z terms", done.stdout, flags=re.MULTILINE)
    assert re.search(r"^mixture .*WRONG", done.stdout, flags=re.MULTILINE)
    assert re.search(r"old - new +=.*within the derived bound", done.stdout)
    assert layout(done.stdout.splitlines()) == layout(quoted(NAME))


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("torch", "expected PyTorch: pip install 'iaf-ref[torch]'"),
        ("flint", "expected python-flint: pip install 'iaf-ref[oracle]'"),
    ],
)
def test_what_is_missing_is_named(play: Any, missing: str, told: str) -> None:
    done = play(NAME, "--quick", without=(missing,))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)
    assert "Traceback" not in done.stderr


# -- conventions --


def test_old_and_new_agree_and_the_mixture_is_off_by_what_is_said(dmm: Any) -> None:
    found = dmm.accounting.account(dmm.model, dmm.batch, dmm.noise)
    Z = dmm.noise.shape[-1]
    assert found.holds
    assert abs(float(found.totals.log_det)) > 1.0
    # a log-det counted any other number of times would not pass
    off, log_det = float(found.totals.off), float(found.totals.log_det)
    for times in (Z - 2, Z):
        assert abs(off - times * log_det) > found.unexplained_bound


def test_an_account_that_is_off_does_not_hold(dmm: Any) -> None:
    found = dmm.accounting.account(dmm.model, dmm.batch, dmm.noise)
    log_q = dict(found.totals.log_q) | {"old": found.totals.log_q["mixture"]}
    counted = dmm.accounting.Totals(log_q, found.totals.log_det)
    assert not dataclasses.replace(found, totals=counted).holds


def test_shapes_are_those_of_the_two_conventions(dmm: Any) -> None:
    B, Z = dmm.noise.shape[1:]
    shapes = dmm.accounting.account(dmm.model, dmm.batch, dmm.noise).shapes
    assert shapes == {
        "old": ((B, Z), (B, 1)),
        "new": ((B,), (B,)),
        "mixture": ((B, 1), (B, 1)),
    }


def test_every_convention_draws_the_same(dmm: Any) -> None:
    drawn = [dmm.model.guide(dmm.batch, dmm.noise, c).z for c in dmm.conventions.CONVENTIONS]
    assert torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2])


def test_the_mixture_is_refused_by_the_distribution(dmm: Any) -> None:
    flow = dmm.model.flow.flow()

    class Kept(ir.PerDimension):
        def forward(self, x: Any, context: Any = None) -> Any:
            z, log_det = self.flow.forward(x, context)
            return z, log_det[..., None]

    path = dmm.model.guide(dmm.batch, dmm.noise)
    base = ir.Normal(path.loc[0], path.scale[0])
    q = ir.TransformedDistribution(base, [Kept(flow.transforms[0])])
    with pytest.raises(ValueError, match=r"DENS-3"):
        q.push(path.x[0], path.context[0])


# -- masks --


def test_lengths_are_ragged_and_padding_is_zero(dmm: Any) -> None:
    assert len(set(dmm.batch.lengths.tolist())) > 1
    assert torch.equal(dmm.batch.mask.sum(0), dmm.batch.lengths)
    assert not torch.any(dmm.batch.x[~dmm.batch.mask])


@pytest.mark.parametrize("convention", ["old", "new", "mixture"])
def test_a_padded_step_counts_exactly_zero(dmm: Any, convention: str) -> None:
    path = dmm.model.guide(dmm.batch, dmm.noise, convention)
    for terms in (path.log_q, dmm.model.log_joint(dmm.batch, path.z)):
        counted = dmm.conventions.counted(terms, dmm.batch.mask)
        assert torch.all(counted[~dmm.batch.mask] == 0.0)
        assert torch.equal(counted[dmm.batch.mask], terms[dmm.batch.mask])
        assert torch.any(terms[~dmm.batch.mask] != 0.0)  # there was something to mask


@pytest.mark.parametrize("convention", ["old", "new"])
def test_padding_changes_nothing_bit_for_bit(dmm: Any, convention: str) -> None:
    def bound_and_derivatives(batch: Any) -> tuple[Any, list[Any]]:
        model = dmm.make(True, 3)
        log_w = model.log_weight(batch, dmm.noise, convention)
        log_w.mean().backward()
        return log_w.detach(), [p.grad for p in model.parameters()]

    log_w, derivatives = bound_and_derivatives(dmm.batch)
    other, others = bound_and_derivatives(padded_with(dmm, 1e3))
    assert torch.equal(log_w, other)
    assert all(map(torch.equal, derivatives, others))


def test_what_lies_in_the_padding_of_the_noise_changes_nothing(dmm: Any) -> None:
    noise = torch.where(dmm.batch.mask[..., None], dmm.noise, 5.0)
    expected = dmm.model.log_weight(dmm.batch, dmm.noise)
    assert torch.equal(dmm.model.log_weight(dmm.batch, noise), expected)


def test_a_number_that_is_there_counts(dmm: Any) -> None:
    for n, length in enumerate(dmm.batch.lengths.tolist()):
        x = dmm.batch.x.clone()
        x[length - 1, n, 0] += 0.5
        changed = dmm.model.log_weight(dmm.data.Sequences(x, dmm.batch.lengths), dmm.noise)
        differs = changed != dmm.model.log_weight(dmm.batch, dmm.noise)
        assert differs.tolist() == [row == n for row in range(SEQUENCES)]


# -- the model --


def test_the_guide_sees_what_is_to_come_and_not_what_was(dmm: Any) -> None:
    length = int(dmm.batch.lengths.max())
    n = int(dmm.batch.lengths.argmax())
    x = dmm.batch.x.clone()
    x[length // 2, n] += 0.5
    states = dmm.model.states(dmm.batch)
    changed = dmm.model.states(dmm.data.Sequences(x, dmm.batch.lengths))
    differs = torch.any(changed != states, dim=-1)
    assert differs[:, n].tolist() == [t <= length // 2 for t in range(len(x))]
    assert not torch.any(differs[:, torch.arange(SEQUENCES) != n])


def test_both_guides_of_a_seed_begin_with_the_same_networks(dmm: Any) -> None:
    plain, flowing = (dmm.make(with_flow, 5).state_dict() for with_flow in (False, True))
    for name, weight in plain.items():
        assert torch.equal(weight, flowing[name])
    assert {name.partition(".")[0] for name in flowing.keys() - plain.keys()} == {"flow"}


def test_a_density_that_is_off_is_not_called_right(dmm: Any) -> None:
    found = dmm.accounting.account(dmm.model, dmm.batch, dmm.noise)
    names = ["old", "new", "mixture"]
    assert ["right" in found.verdict(name) for name in names] == [True, True, False]
    assert found.verdict("mixture") == "WRONG: every one of Z terms has the whole log-det"
    # all conventions alike, so that their differences stay as they are
    log_q = {name: value + 7.0 for name, value in found.totals.log_q.items()}
    totals = dmm.accounting.Totals(log_q, found.totals.log_det)
    off = dataclasses.replace(found, totals=totals)
    assert [off.verdict(name) for name in names[:2]] == ["WRONG: off by 7"] * 2
    assert all("WRONG: off by" in row for row in dmm.accounting.table(off)[1:4])
    assert not off.holds


@pytest.mark.parametrize("name", [NAME, "vae_iaf_posterior"])
def test_a_seed_that_no_generator_takes_is_refused(play: Any, name: str) -> None:
    done = play(name, "--seed", "9" * 20)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
