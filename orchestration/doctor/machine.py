"""Checks of this machine and of the settings."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from dotenv import dotenv_values

from orchestration.doctor.finding import Finding, fail, ok, warn
from orchestration.ingest.web.files import find_files
from orchestration.settings import PROJECT_DIR, Settings

_GIBIBYTE = 1024**3
_WANTED_BYTES = 5 * _GIBIBYTE
_NEEDED_BYTES = _GIBIBYTE
_PYTHONS = ((3, 11), (3, 12))

# Read by dbt's profile and by tests, not by Settings.
_OTHER_PREFIXES = ("SOFTCART_DBT_", "SOFTCART_TEST_")


def check_python() -> Iterator[Finding]:
    """Check the version that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] in _PYTHONS:
        yield ok("Python", version)
    else:
        yield fail(
            "Python", f"{version} is not supported", "Use Python 3.11 or 3.12; see `make setup`"
        )


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Check the free space where state, logs and private servers' data go."""
    pointer = settings.home / "servers"
    folder = pointer.resolve() if pointer.exists() else settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / _GIBIBYTE:.1f} GiB free at {folder}"
    remedy = (
        f"Free space, or set SOFTCART_HOME to a folder on a disk with {_WANTED_BYTES >> 30} GiB"
    )
    if free < _NEEDED_BYTES:
        yield fail("Disk", text, remedy)
    elif free < _WANTED_BYTES:
        yield warn("Disk", text, remedy)
    else:
        yield ok("Disk", text)


def check_web_files(settings: Settings) -> Iterator[Finding]:
    """Check the folder of web files, where the shop has one."""
    folder = settings.web_dir
    if folder is None:
        return
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        yield fail(
            "Web files",
            f"SOFTCART_WEB_DIR names {folder}, which is no folder that this user can read",
            "Mount or make it and let this user read it, or empty the setting",
        )
        return
    found = find_files(folder)
    unreadable = [file.name for file in found if not os.access(file.path, os.R_OK)]
    text = f"{len(found):,} files of events and requests in {folder}"
    if unreadable:
        yield warn(
            "Web files",
            f"{text}; {len(unreadable):,} cannot be read, such as {unreadable[0]}",
            "Let this user read them",
        )
    else:
        yield ok("Web files", text)


def check_settings(env_file: Path = PROJECT_DIR / ".env") -> Iterator[Finding]:
    """Check names that mean nothing and a `.env` that others can read.

    Values were checked when the settings were loaded.
    """
    known = {f"SOFTCART_{name.upper()}" for name in Settings.model_fields}
    in_file = set(dotenv_values(env_file))
    given = {
        name
        for name in in_file | set(os.environ)
        if name.startswith("SOFTCART_") and not name.startswith(_OTHER_PREFIXES)
    }
    for name in sorted(given - known):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]}?" if close else "See .env.example for the names"
        where = env_file.name if name in in_file else "the environment"
        yield warn("Settings", f"{name} in {where} is not a setting and does nothing", hint)
    if in_file and env_file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield warn(
            "Settings",
            f"Other users of this machine can read {env_file}, which may hold passwords",
            f"chmod 600 {env_file}",
        )
    if given <= known:
        yield ok("Settings", f"{len(given)} set, every name is known")
