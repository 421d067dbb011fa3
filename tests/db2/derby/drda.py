"""DRDA, the protocol that Db2's driver speaks, as far as a proxy must read it.

All goes in *data stream structures* (DSS): a header of six bytes (length, 0xD0, format,
correlation), then objects of length, code point and data. A long one goes on in segments that have
a length alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

Read = Callable[[int], bytes]
"""Reads exactly so many bytes, or raises EOFError."""

# Code points.
ACCRDB = 0x2001
"""Access a database: the client tells who it is."""
PRDID = 0x112E
"""The product and version of a side."""
TRGDFTRT = 0x213B
"""Whether the server shall return its defaults."""
SQLCARD = 0x2408
"""How a statement ended: SQLCODE, SQLSTATE, counts, message."""

_HEADER = 6
_MAGIC = 0xD0
_CONTINUED = 0x8000
# Where the parts of an SQLCARD are in its DSS, and how it ends without a message.
_CARD_CODE = slice(11, 15)
_CARD_STATE = slice(15, 20)
_CARD_COUNTS_END = 64
_CARD_NO_TEXTS = bytes(6) + b"\xff"


def read_dss(read: Read) -> bytes:
    """Return the next DSS with all of its segments, as it came.

    Raises:
        EOFError: The stream is at its end.
        ValueError: It is not DRDA.
    """
    dss = read(_HEADER)
    if dss[2] != _MAGIC:
        raise ValueError(f"Not DRDA: {dss.hex()}")
    length = int.from_bytes(dss[:2], "big")
    dss += read((length & ~_CONTINUED) - _HEADER)
    while length & _CONTINUED:
        head = read(2)
        length = int.from_bytes(head, "big")
        dss += head + read((length & ~_CONTINUED) - len(head))
    return dss


def code_point(dss: bytes) -> int:
    """Return what the first object of a DSS is."""
    return int.from_bytes(dss[8:10], "big")


def with_parameters(dss: bytes, values: Mapping[int, bytes]) -> bytes:
    """Return a command with other values, as long as they were, for some of its parameters."""
    changed = bytearray(dss)
    at = 10
    while at < len(dss):
        length = int.from_bytes(dss[at : at + 2], "big")
        value = values.get(int.from_bytes(dss[at + 2 : at + 4], "big"))
        if value is not None:
            if length != len(value) + 4:
                raise ValueError(f"The parameter at {at} is not of {len(value)} bytes")
            changed[at + 4 : at + length] = value
        at += length
    return bytes(changed)


def as_client_of_derby(dss: bytes) -> bytes:
    """Return what a client sends as Derby takes it.

    Derby refuses products that it does not know, and IBM's driver the form of Derby's defaults.
    """
    if code_point(dss) != ACCRDB:
        return dss
    return with_parameters(dss, {PRDID: b"DNC10030", TRGDFTRT: b"\xf0"})


def as_server_for_ibm(dss: bytes) -> bytes:
    """Return what Derby sends as IBM's driver takes it.

    To Derby, a statement that touches no row ends with a warning of its own, SQLCODE 10000, and a
    text that is longer than the driver reads. Db2 says SQLCODE 100.
    """
    no_row = (10_000).to_bytes(4, "big"), b"02000"
    if code_point(dss) != SQLCARD or (dss[_CARD_CODE], dss[_CARD_STATE]) != no_row:
        return dss
    card = (
        dss[: _CARD_CODE.start]
        + (100).to_bytes(4, "big")
        + dss[_CARD_CODE.stop : _CARD_COUNTS_END]
        + _CARD_NO_TEXTS
    )
    return len(card).to_bytes(2, "big") + card[2:6] + (len(card) - 6).to_bytes(2, "big") + card[8:]
