"""Numbers as MySQL prints them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

# From how far left or right of the first digit the point may be without an exponent.
_MOST_PLACES: Final = 15
_GROUP_DIGITS: Final = 9
# Bytes of a group of a decimal's digits, by how many digits it has.
_GROUP_BYTES: Final = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)


def double_text(value: float) -> str:
    """Return the shortest digits that are the value again, with an exponent where MySQL has one."""
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    if not text:
        return "-0" if sign else "0"
    minus = "-" if sign else ""
    # The point is after so many of the digits.
    point = len(digits) + int(exponent)
    if not -_MOST_PLACES < point <= _MOST_PLACES:
        mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
        return f"{minus}{mantissa}e{point - 1}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    if len(text) <= point:
        return f"{minus}{text.ljust(point, '0')}"
    return f"{minus}{text[:point]}.{text[point:]}"


def decimal_size(precision: int, scale: int) -> int:
    """Return how many bytes a decimal has."""
    return sum(
        digits // _GROUP_DIGITS * 4 + _GROUP_BYTES[digits % _GROUP_DIGITS]
        for digits in (precision - scale, scale)
    )


def decimal_text(value: bytes, precision: int, scale: int) -> str:
    """Return a decimal in binary form as text, with all digits of its scale."""
    is_negative = not value[0] & 0x80
    plain = bytes([value[0] ^ 0x80]) + value[1:]
    if is_negative:
        plain = bytes(byte ^ 0xFF for byte in plain)
    whole, fraction = precision - scale, scale
    # The group that is not full comes first before the point, and last behind it.
    groups = [whole % 9, *[9] * (whole // 9), *[9] * (fraction // 9), fraction % 9]
    digits, start = "", 0
    for count in groups:
        end = start + _GROUP_BYTES[count]
        if count:
            digits += f"{int.from_bytes(plain[start:end], 'big'):0{count}d}"
        start = end
    sign = "-" if is_negative else ""
    before, after = digits[:whole].lstrip("0") or "0", digits[whole:]
    return f"{sign}{before}.{after}" if scale else sign + before
