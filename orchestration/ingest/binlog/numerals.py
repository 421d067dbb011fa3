"""Numbers as MySQL prints them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

# From how far left or right of the first digit the point may be without an exponent.
_MOST_PLACES: Final = 15
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


class DecimalForm:
    """How decimals of some number of digits are stored: groups of nine digits in four bytes.

    The group that is not full comes first before the point, and last behind it. The first bit is
    set in positive numbers; negative ones have all bits inverted.
    """

    def __init__(self, precision: int, scale: int) -> None:
        whole = precision - scale
        counts = [whole % 9, *[9] * (whole // 9), *[9] * (scale // 9), scale % 9]
        self.size = sum(_GROUP_BYTES[count] for count in counts)
        self._sign = 1 << 8 * self.size - 1
        self._inverted = 2 * self._sign - 1
        self._scale = scale
        # Of each group: where its bits are, and by what to multiply the digits before it.
        self._groups: list[tuple[int, int, int]] = []
        shift = 8 * self.size
        for count in filter(None, counts):
            bits = 8 * _GROUP_BYTES[count]
            shift -= bits
            self._groups.append((shift, (1 << bits) - 1, 10**count))

    def text(self, value: bytes) -> bytes:
        """Return a number with all digits of its scale."""
        bits = int.from_bytes(value, "big") ^ self._sign
        sign = b""
        if bits & self._sign:
            bits ^= self._inverted
            sign = b"-"
        number = 0
        for shift, mask, factor in self._groups:
            number = number * factor + (bits >> shift & mask)
        if not self._scale:
            return b"%s%d" % (sign, number)
        digits = b"%0*d" % (self._scale + 1, number)
        return b"%s%s.%s" % (sign, digits[: -self._scale], digits[-self._scale :])
