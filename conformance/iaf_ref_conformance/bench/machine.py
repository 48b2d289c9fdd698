"""Where times were taken: the machine, its load, and how many threads each library uses."""

from __future__ import annotations

import os
from typing import Any

KEPT = (
    "perf_version",
    "date",
    "platform",
    "python_version",
    "python_implementation",
    "timer",
    "cpu_model_name",
    "cpu_count",
    "cpu_freq",
    "cpu_config",
    "load_avg_1min",
)
"""What pyperf finds out that bears on times; paths and the name of the machine do not."""


def machine() -> dict[str, Any]:
    """Return pyperf's metadata of the machine and of this process, less what names them."""
    import pyperf

    found = pyperf.Benchmark([pyperf.Run([1.0], metadata={"name": "machine"})]).get_metadata()
    return {name: found[name] for name in KEPT if name in found}


def cores() -> int:
    """Return how many cores this process may use, which XLA takes all of."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def threads() -> dict[str, int]:
    """Return the cores, and the threads of each BLAS and OpenMP library that is loaded."""
    from threadpoolctl import threadpool_info

    found = {"cores of this process": cores()}
    for each in threadpool_info():
        version = each.get("version") or ""
        name = f"{each['internal_api']} {version}".strip()
        found[f"{name} ({each['prefix']})"] = int(each["num_threads"])
    return found
