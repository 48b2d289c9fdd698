"""Arrays to NumPy and back."""

import numpy as np
import pytest

from iaf_ref.host import from_host, to_host


def test_to_host_and_back(stored):
    array = stored.draw(2, 3)
    there = to_host(array)
    assert type(there) is np.ndarray
    assert np.array_equal(there, stored.host(array))
    again = from_host(there, stored.xp, stored.device, stored.dtype)
    assert stored.holds(again)
    assert stored.same(again, array)


def test_to_host_is_a_copy(host):
    array = host.draw(3)
    assert not np.shares_memory(to_host(array), array)
    assert not np.shares_memory(from_host(array, np, None, "float64"), array)


@pytest.mark.parametrize("at", ["traced"], indirect=True)
def test_an_array_that_cannot_leave_is_refused(at):
    with pytest.raises(
        TypeError, match=r"array: expected one that can be brought to the host, got .*Traced"
    ):
        to_host(at.draw(3))


def test_a_dtype_that_is_none_is_refused():
    with pytest.raises(
        ValueError, match="dtype: expected one of float16, float32, float64, got 'bfloat16'"
    ):
        from_host(np.zeros(1), np, None, "bfloat16")


def test_what_requires_grad_is_detached_first():
    class Leaf:
        """As PyTorch's: no NumPy array before it is detached."""

        def detach(self):
            return np.ones(2)

        def __array__(self, *args, **kwargs):
            raise RuntimeError("Call tensor.detach().numpy() instead.")

    assert to_host(Leaf()).tolist() == [1.0, 1.0]
