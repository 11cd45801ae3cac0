"""Arrays that grow at their end: what was handed out before stays as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Grown:
    """An array that is only added to, in a buffer that doubles. `now` is a view of what is there, never written to."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._buffer = np.empty(1024, dtype)
        self._length = 0

    def add(self, values: Any) -> None:
        """Adds an array or a list of values."""
        wanted = self._length + len(values)
        if wanted > len(self._buffer):
            larger = np.empty(max(wanted, 2 * len(self._buffer)), self._buffer.dtype)
            larger[: self._length] = self._buffer[: self._length]
            self._buffer = larger
        self._buffer[self._length : wanted] = values
        self._length = wanted

    def now(self) -> npt.NDArray[Any]:
        """What was added so far. Later additions go behind its end, or into another buffer."""
        return self._buffer[: self._length]
