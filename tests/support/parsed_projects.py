"""What dbt and Dagster have parsed of the project, kept for the next shop of a test.

Parsing takes a quarter of a minute, and its result holds as long as the project and the name of the
warehouse stay the same. dbt and Dagster look for themselves whether they do.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from dbt.version import __version__ as dbt_version

_OF_DBT = "partial_parse.msgpack"
# Where a home has it: for `softcart` and for Dagster.
_PLACES = (Path("dbt/target"), Path("dagster/dbt_local"))
_MANIFEST = Path("dagster/manifest")
_WITHOUT_VARIABLES = hashlib.sha256(f"{{}}\0\0local\0{dbt_version}".encode()).hexdigest().encode()


def seed(home: Path, kept: Path) -> None:
    """Give a new home what is kept, if anything is.

    Args:
        home: Of a shop.
        kept: Of its warehouse's name; what Dagster has is of none, and kept beside it.
    """
    if (kept / _OF_DBT).exists():
        for place in _PLACES:
            (home / place).mkdir(parents=True)
            shutil.copy(kept / _OF_DBT, home / place)
    if (kept.parent / _MANIFEST).exists():
        shutil.copytree(kept.parent / _MANIFEST, home / _MANIFEST)


def keep(home: Path, kept: Path) -> None:
    """Keep what a home has, unless it is kept already."""
    for parsed in (home / place / _OF_DBT for place in _PLACES):
        if not (kept / _OF_DBT).exists() and parsed.exists() and _has_no_variables(parsed):
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(parsed, kept)
    manifest = kept.parent / _MANIFEST
    if not manifest.exists() and (home / _MANIFEST / "manifest.fingerprint").exists():
        shutil.copytree(home / _MANIFEST, manifest)


def _has_no_variables(parsed: Path) -> bool:
    """Whether no `--vars` were given: dbt parses anew for others, and for none again."""
    return _WITHOUT_VARIABLES in parsed.read_bytes()
