"""The time now, or the one that makes a file reproducible."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime


def moment() -> datetime:
    """Return the time in UTC, to the second.

    ``SOURCE_DATE_EPOCH``, seconds since 1970, takes its place where it is a number, so that two
    runs write the same bytes (reproducible-builds.org).
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.now(UTC)
    with suppress(ValueError, OverflowError, OSError):  # not set, no number, or out of range
        now = datetime.fromtimestamp(int(given), UTC)
    return now.replace(microsecond=0)
