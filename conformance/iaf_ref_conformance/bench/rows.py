"""What is measured: one row for each number, with the number that is to be reached.

A row compares entries of one table, all of which are timed in turn. Its groups are alternatives
(a peer each, say): the group that is worst for the goal is what the row says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from .entry import CHAINED, NATIVE, Entry, Size, library, on_host, peer
from .goal import Goal, at_least, at_most
from .row import Field, Row

MAIN = Size(784, 1024, 100)
"""An MNIST digit, and the width at which the libraries were compared first."""
MANY, ONE = Size(784, 1024, 1000), Size(784, 1024, 1)
SMALL = Size(8, 32, 256)
DIMS = (64, 128, 256, 512, 1024, 2048)
PEER_DIMS = DIMS[:3]
"""Of the growth; what evaluates the network D times would take minutes beyond."""


def rows(field: Field) -> list[Row]:
    """Return the rows that these contestants can fill, in the order in which they are shown."""
    costs = (_peers, _forward_cost, _one, _device, _triangular, _forward, _growth)
    parts = (*costs, _gradient, _chain, _memory, _small, _yardstick)
    return [row for part in parts for row in part(field)]


def _said(size: Size) -> str:
    """A size in a title; of the width, where it is another one."""
    width = "" if size.width == MAIN.width else f"width {size.width}, "
    return f"D {size.dim}, {width}batch {size.batch}"


def _aside(entry: Entry) -> str:
    """What a title says of an entry that is not compiled."""
    return f" ({entry.method} not compiled)" if entry.uncompiled else ""


def _own(who: str, size: Size, method: str = "blocked", flow: str = "exp") -> Entry:
    """Return the inverse of ``iaf_ref`` on a backend."""
    return Entry(who, "inverse", size, method, flow)


def _forward_of(who: str, size: Size, method: str, flow: str = "exp") -> Entry:
    """Return the forward pass of ``iaf_ref`` on a backend."""
    return Entry(who, "forward", size, method, flow)


def _peers(field: Field) -> Iterator[Row]:
    """The inverse on NumPy against each peer, of the same flow."""

    def against(name: str, names: Sequence[str], least: float, whom: str) -> Iterator[Row]:
        for who in field.first("numpy") if names else ():
            pairs = ((peer(p, "inverse", MAIN), _own(who, MAIN, flow=NATIVE[p][1])) for p in names)
            title = f"inverse, {_said(MAIN)}: the {whom} of the least ratio / blocked on NumPy"
            yield Row(name, "inverse", title, "ratio", tuple(pairs), at_least(least))

    yield from against("inverse-peers", field.peers, 150, "peer")
    yield from against("inverse-torch-peers", field.peers_on("torch"), 400, "peer on PyTorch")


def _forward_cost(field: Field) -> Iterator[Row]:
    """The inverse against the dense forward pass of the same flow."""
    for size, table, most in ((MAIN, "inverse", 2.5), (MANY, "batch-1000", 1.1)):
        for who in field.backends:
            pair = (_own(who, size), _forward_of(who, size, "dense"))
            title = f"inverse / dense forward, {_said(size)}, {who}"
            name = f"inverse-forward-{size.batch}-{who}"
            yield Row(name, table, title, "ratio", (pair,), at_most(most))


def _one(field: Field) -> Iterator[Row]:
    """One row alone: the definition against the blocked inverse."""
    for who in field.backends:
        pair = (_own(who, ONE, "sequential"), _own(who, ONE))
        title = f"sequential / blocked inverse, {_said(ONE)}, {who}{_aside(pair[0])}"
        # no comparison of what is compiled with what is not
        goal = None if pair[0].uncompiled else at_least(10)
        yield Row(f"inverse-one-{who}", "batch-1", title, "ratio", (pair,), goal)


def _device(field: Field) -> Iterator[Row]:
    """On a device asked for by name, where many calls may weigh more than operations."""
    for who in field.backends:
        for method in ("sequential", "fixed_point") if ":" in who else ():
            pair = (_own(who, MAIN, method), _own(who, MAIN))
            title = f"{method} / blocked inverse, {_said(MAIN)}, {who}{_aside(pair[0])}"
            yield Row(f"{method.replace('_', '-')}-{who}", "inverse", title, "ratio", (pair,))


def _triangular(field: Field) -> Iterator[Row]:
    """The triangular forward pass against the dense one."""
    for who in field.backends:
        pair = (_forward_of(who, MANY, "triangular"), _forward_of(who, MANY, "dense"))
        title = f"triangular / dense forward, {_said(MANY)}, {who}"
        yield Row(f"triangular-{who}", "batch-1000", title, "ratio", (pair,), at_most(0.67))


def _forward(field: Field) -> Iterator[Row]:
    """The forward pass as users get it against the peers on the same array library."""
    for who in field.backends:
        groups = tuple(
            (peer(p, "forward", MAIN), _forward_of(who, MAIN, "auto", NATIVE[p][1]))
            for p in field.peers_beside(who)
        )
        if groups:
            title = f"forward, {_said(MAIN)}: the peer on {library(who)} of the least ratio / ours"
            yield Row(f"forward-peers-{who}", "forward", title, "ratio", groups, at_least(1.3))


def _growth(field: Field) -> Iterator[Row]:
    """The inverse for more and more variables: time ~ D^e at a fixed width.

    A width below D - 1 cannot connect all variables (MASK-7), so that it is as large as the
    largest D. D evaluations of such a network grow less than quadratically: the products from
    width to width do not depend on D.
    """
    dims = DIMS[:-1] if field.quick else DIMS

    def curve(over: Sequence[int], of: Callable[..., Entry], *given: str) -> tuple[Entry, ...]:
        return tuple(of(*given, size=Size(dim, dims[-1], MAIN.batch)) for dim in over)

    def title(whose: str, over: Sequence[int]) -> str:
        return f"exponent of the inverse, D {over[0]} to {over[-1]}, width {dims[-1]}, {whose}"

    for who in field.backends:
        blocked = curve(dims, _own, who)
        yield _exponent(f"growth-{who}", title(f"blocked, {who}", dims), (blocked,), at_most(1.3))
    for who in field.first("numpy"):
        short = curve(PEER_DIMS, _own, who)
        yield _exponent("growth-over-the-same", title(f"blocked, {who}", PEER_DIMS), (short,))
        slow = curve(PEER_DIMS, partial(_own, method="sequential"), who)
        yield _exponent("growth-sequential", title(f"sequential, {who}", PEER_DIMS), (slow,))
    theirs = tuple(curve(PEER_DIMS, peer, name, "inverse") for name in field.peers)
    if theirs:
        yield _exponent("growth-peers", title("flattest peer", PEER_DIMS), theirs, at_least(1.9))


def _exponent(
    name: str, title: str, groups: tuple[tuple[Entry, ...], ...], goal: Goal | None = None
) -> Row:
    """Return a row of the table of growth."""
    return Row(name, "growth", title, "exponent", groups, goal)


def _gradient(field: Field) -> Iterator[Row]:
    """log q at arbitrary points with its derivatives by points and weights, against Pyro's."""
    for who in field.backends_of("torch", "jax") if "pyro" in field.peers else ():
        if on_host(who):  # as Pyro is
            pair = (peer("pyro", "gradient", MAIN), Entry(who, "gradient", MAIN))
            title = f"log_prob and gradient, {_said(MAIN)}: Pyro / ours on {who}"
            yield Row(f"gradient-{who}", "gradient", title, "ratio", (pair,), at_least(50))


def _chain(field: Field) -> Iterator[Row]:
    """A chain, whose steps have their order reversed from each to the next, against one step."""
    for who in field.backends:
        pair = (_own(who, MAIN, flow="chain"), _own(who, MAIN))
        title = f"inverse of a chain of {CHAINED} / of one step, {_said(MAIN)}, {who}"
        yield Row(f"chain-{who}", "chain", title, "ratio", (pair,), at_most(CHAINED))


def _memory(field: Field) -> Iterator[Row]:
    """What the inverse allocates at its peak; NumPy tells it to tracemalloc, the others do not."""
    for who in field.first("numpy"):
        entry = Entry(who, "memory", MAIN, "blocked")
        title = f"peak memory of the inverse / one forward's activations, {_said(MAIN)}, {who}"
        yield Row(f"memory-{who}", "memory", title, "memory", ((entry,),), at_most(3))


def _small(field: Field) -> Iterator[Row]:
    """Where blocks cannot pay."""
    for who in field.backends:
        pair = (_own(who, SMALL), _own(who, SMALL, "sequential"))
        title = f"blocked / sequential inverse, {_said(SMALL)}, {who}"
        yield Row(f"small-{who}", "small", title, "ratio", (pair,), at_most(1))


def _yardstick(field: Field) -> Iterator[Row]:
    """What the machine gives: the rate of its dense product, the floor, the compiler's time."""
    for who in field.backends:
        product = Entry(who, "product", MAIN)
        title = f"GFLOP/s of a forward pass's dense products, {_said(MAIN)}, {who}"
        yield Row(f"product-{who}", "inverse", title, "rate", ((product,),))
    for who in field.first("numpy"):
        whole = (_own(who, MAIN), *(Entry(who, task, MAIN) for task in ("product", "steps")))
        title = f"inverse / (half the dense products + D steps), {_said(MAIN)}, {who}"
        yield Row(f"floor-{who}", "inverse", title, "floor", (whole,))
    for who in field.backends_of("jax"):
        title = f"first call of the inverse with jax.jit, {_said(MAIN)}, {who}"
        goal = at_most(60)  # seconds, not minutes
        yield Row(f"compile-{who}", "inverse", title, "first", ((_own(who, MAIN),),), goal)
