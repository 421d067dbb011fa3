"""What servers say of themselves, and which of them are new enough."""

from __future__ import annotations

import pytest

from orchestration.versions import Product, ServerVersion


@pytest.mark.parametrize(
    ("product", "number", "supported"),
    [
        ("PostgreSQL", (16, 9), False),
        ("PostgreSQL", (17, 0), True),
        ("MySQL", (5, 7, 44), False),
        ("MySQL", (8, 4, 6), True),
        ("MariaDB", (10, 6, 18), False),
        ("MariaDB", (10, 11, 2), True),
        ("MariaDB", (11, 4, 1), True),
        ("MongoDB", (5, 0, 31), False),
        ("MongoDB", (6, 0, 0), True),
    ],
)
def test_the_oldest_supported_versions(
    product: Product, number: tuple[int, ...], supported: bool
) -> None:
    assert ServerVersion(product, number).is_supported is supported
