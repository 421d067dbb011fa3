"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Args:
        level: "fail" when a run cannot work, "warn" when something later or rarer cannot.
        subject: What was looked at.
        text: What was found, without a password.
        remedy: What to do; empty when all is well.
    """

    level: Level
    subject: str
    text: str
    remedy: str = ""


def ok(subject: str, text: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding("ok", subject, text)


def warn(subject: str, text: str, remedy: str) -> Finding:
    """Return a finding that does not stop a run."""
    return Finding("warn", subject, text, remedy)


def fail(subject: str, text: str, remedy: str) -> Finding:
    """Return a finding that stops a run."""
    return Finding("fail", subject, text, remedy)
