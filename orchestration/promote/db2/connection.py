"""Connections to Db2, with faults told in a user's words."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from orchestration.errors import SoftcartError
from orchestration.settings import ServerUrl

# What the URL's query may say, and the driver's keyword for it.
_OPTIONS = {"security": "SECURITY", "certificate": "SSLServerCertificate"}


def driver_options(url: ServerUrl) -> str:
    """Return what the driver is told besides address and user: `KEYWORD=value;...`, or nothing.

    Raises:
        SoftcartError: The URL has a parameter that is not known, or a value that would end early.
    """
    options = []
    for name, values in parse_qs(urlsplit(url.full.get_secret_value()).query).items():
        if name not in _OPTIONS or ";" in values[-1]:
            raise SoftcartError(
                f"SOFTCART_DB2_URL has the parameter {name!r}, or a value, that is not understood",
                remedy=f"Use {' and '.join(_OPTIONS)} alone, without ';' in their values",
            )
        value = values[-1].upper() if name == "security" else values[-1]
        options.append(f"{_OPTIONS[name]}={value}")
    return ";".join(options)
