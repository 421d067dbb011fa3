"""Errors as Db2's driver words them."""

from __future__ import annotations


class Db2Error(Exception):
    """A statement that Db2 refuses.

    Args:
        sqlcode: Negative, such as -204.
        sqlstate: Five characters.
        text: What the message says after its number.
    """

    def __init__(self, sqlcode: int, sqlstate: str, text: str) -> None:
        super().__init__(text)
        self.sqlcode = sqlcode
        self.sqlstate = sqlstate
        self.message = (
            f"[IBM][CLI Driver][DB2/LINUXX8664] SQL{-sqlcode:04d}N  {text}"
            f"  SQLSTATE={sqlstate} SQLCODE={sqlcode}"
        )

    def __str__(self) -> str:
        return self.message


def unexpected(token: str, reason: str = "") -> Db2Error:
    """Return SQL0104N, a syntax error; `reason` says which of Db2's rules the token breaks."""
    because = f" ({reason})" if reason else ""
    return Db2Error(-104, "42601", f'An unexpected token "{token}" was found.{because}')


def not_emulated(what: str) -> Db2Error:
    """Return the error for what Db2 may well do and the stand-in cannot."""
    return Db2Error(-901, "58004", f"The stand-in does not emulate {what}. Db2 itself may.")
