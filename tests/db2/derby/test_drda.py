"""The proxy's reading and rewriting of DRDA, on messages as they were recorded."""

from __future__ import annotations

import io

import pytest

from derby.drda import as_client_of_derby, as_server_for_ibm, read_dss, with_parameters

# ACCRDB, cut down to three parameters: the product, its type, whether defaults are wanted.
_ACCESS = bytes.fromhex("0021d0010002001b2001 000c112e53514c3132303134 0006210f2407 0005213bf1")
# SQLCARD of a DELETE that found no row.
_TEXT = b"No row was found for FETCH, UPDATE or DELETE; or the result of a query is an empty table."
_NO_ROW = (
    bytes.fromhex("00a0d0030002009a2408 00 00002710 3032303030 4353533130313430 00")
    + bytes(24)
    + b" " * 11
    + bytes.fromhex("0000 0059")
    + _TEXT
    + bytes.fromhex("0000 ff")
)


def _read_all(data: bytes) -> list[bytes]:
    stream = io.BytesIO(data)

    def read(size: int) -> bytes:
        part = stream.read(size)
        if len(part) < size:
            raise EOFError
        return part

    found = []
    while stream.tell() < len(data):
        found.append(read_dss(read))
    return found


def test_structures_are_told_apart() -> None:
    assert _read_all(_ACCESS + _NO_ROW + _ACCESS) == [_ACCESS, _NO_ROW, _ACCESS]


def test_a_long_structure_is_read_with_all_its_segments() -> None:
    first = b"\xff\xff\xd0\x03\x00\x01" + b"x" * (32767 - 6)
    middle = b"\xff\xff" + b"y" * (32767 - 2)
    last = b"\x00\x05" + b"end"
    assert _read_all(first + middle + last + _ACCESS) == [first + middle + last, _ACCESS]


def test_a_structure_that_is_cut_off_is_an_end_and_noise_an_error() -> None:
    with pytest.raises(EOFError):
        _read_all(_ACCESS[:-1])
    with pytest.raises(ValueError, match="Not DRDA"):
        _read_all(b"HTTP/1.1 400 Bad Request")


def test_the_client_becomes_one_that_derby_knows() -> None:
    changed = as_client_of_derby(_ACCESS)
    assert changed == _ACCESS.replace(b"SQL12014", b"DNC10030").replace(b"\x3b\xf1", b"\x3b\xf0")


def test_other_messages_pass_as_they_are() -> None:
    # Text of a statement that looks like the parameter.
    statement = b"\x00\x17\xd0\x43\x00\x01\x00\x11\x24\x14\x00\x0c\x11\x2eSQL12014\xff"
    assert as_client_of_derby(statement) == statement
    assert as_server_for_ibm(_ACCESS) == _ACCESS


def test_a_parameter_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="not of 3 bytes"):
        with_parameters(_ACCESS, {0x112E: b"DNC"})


def test_no_row_found_is_said_as_db2_says_it() -> None:
    card = as_server_for_ibm(_NO_ROW)
    assert _read_all(card) == [card]
    assert card[6:10] == (len(card) - 6).to_bytes(2, "big") + b"\x24\x08"
    assert card[11:20] == (100).to_bytes(4, "big") + b"02000"
    assert _TEXT not in card


def test_other_ends_of_a_statement_pass_as_they_are() -> None:
    duplicate = _NO_ROW.replace(b"02000", b"23505")
    assert as_server_for_ibm(duplicate) == duplicate
