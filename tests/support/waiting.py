"""Waiting for what another process does, without sleeping for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

_PATIENCE_SECONDS = 180


def until(look: Callable[[], Found | None]) -> Found:
    """Return what `look` finds, as soon as it finds something.

    Raises:
        AssertionError: It found nothing for three minutes.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.3)
    raise AssertionError("What the test waits for did not happen")
