"""A backend with the attributes that ``backends/README.md`` asks for, and one device of its own."""

from types import ModuleType

import numpy as np


class ThirdParty:
    """NumPy, as if it were the library of a new device."""

    name = "thirdparty"
    dtypes = ("float32", "float64")
    profiles = {"float32": "ieee-f32", "float64": "ieee-f64"}  # noqa: RUF012 - as in the README

    @property
    def namespace(self) -> ModuleType:
        return np

    def devices(self) -> tuple[str, ...]:
        return ("npu:0",)

    def place(self, array: np.ndarray, device: str) -> np.ndarray:
        return np.array(array)

    def fetch(self, array: np.ndarray) -> np.ndarray:
        return np.asarray(array)

    def environment(self) -> dict[str, str]:
        return {"thirdparty": "1.2.3"}


BACKEND = ThirdParty()
