"""MariaDB's UUID, INET4 and INET6 as it prints them."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import Final
from uuid import UUID

_TOP_BIT: Final = 0x80
_GROUPS: Final = 8
# Zeros before an IPv4 address in an IPv6 one; 0xffff follows the shorter.
_COMPATIBLE: Final = 6
_MAPPED: Final = 5


def uuid_text(value: bytes) -> str:
    """Return a UUID's text.

    The parts of most are stored from the last to the first, so that those of about the same time
    are neighbours. A first bit of 1 at this place can only be the variant's of such a one.
    """
    if value[6] & _TOP_BIT and 0 < value[8] < _TOP_BIT:
        value = value[12:16] + value[10:12] + value[8:10] + value[6:8] + value[0:6]
    return str(UUID(bytes=value))


def inet4_text(value: bytes) -> str:
    """Return an IPv4 address's text."""
    return str(IPv4Address(value))


def inet6_text(value: bytes) -> str:
    """Return an IPv6 address's text: `::` stands for the first longest row of zeros, be it one."""
    groups = struct.unpack(f">{_GROUPS}H", value)
    start = length = 0
    for index in range(_GROUPS):
        zeros = next((n for n, group in enumerate(groups[index:]) if group), _GROUPS - index)
        if zeros > length:
            start, length = index, zeros
    texts = [f"{group:x}" for group in groups]
    if not length:
        return ":".join(texts)
    if start == 0 and length == _COMPATIBLE:
        return f"::{inet4_text(value[12:])}"
    if start == 0 and length == _MAPPED and texts[_MAPPED] == "ffff":
        return f"::ffff:{inet4_text(value[12:])}"
    return f"{':'.join(texts[:start])}::{':'.join(texts[start + length :])}"
