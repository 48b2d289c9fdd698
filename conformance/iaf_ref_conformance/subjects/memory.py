"""How libraries say that memory has ended: each by an exception of its own."""

from __future__ import annotations

_WORDS = (
    "RESOURCE_EXHAUSTED",  # XLA: XlaRuntimeError
    "DefaultCPUAllocator",  # PyTorch on the host: RuntimeError
    "out of memory",  # CUDA's runtime, through any of them
)


def out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory has ended.

    Python's ``MemoryError``, which NumPy's and CuPy's derive from; PyTorch's ``OutOfMemoryError``;
    JAX's ``XlaRuntimeError`` by its status.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in _WORDS)
