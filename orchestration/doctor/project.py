"""Checks of dbt and its profile."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from orchestration.doctor.finding import Finding, fail, ok
from orchestration.settings import PROJECT_DIR, Settings

_PROFILE = "softcart"
_PACKAGES = ("dbt-core", "dbt-postgres")
_MAKE_PROFILE = "cp profiles.yml.example profiles.yml"


def check_dbt(settings: Settings) -> Iterator[Finding]:
    """Check that dbt is installed and finds the targets that runs build."""
    try:
        versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    except importlib.metadata.PackageNotFoundError as error:
        yield fail("dbt", f"{error.name} is not installed", "make setup")
        return
    yield ok("dbt", ", ".join(versions))
    own = PROJECT_DIR / "profiles.yml"
    # Runs use the example's contents where the user has no profile.
    file = own if own.exists() else PROJECT_DIR / "profiles.yml.example"
    for target in sorted({"local", *settings.targets}):
        yield _check_profile(target, file)


def _check_profile(target: str, file: Path) -> Finding:
    try:
        # Its Jinja stands inside strings, so it is plain YAML.
        profiles: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return fail("dbt", f"there is no {file}", "Restore it from the repository")
    except yaml.YAMLError:
        return fail("dbt", f"{file} is not YAML", f"Correct it, or {_MAKE_PROFILE}")
    profile = profiles.get(_PROFILE) if isinstance(profiles, dict) else None
    if not isinstance(profile, dict):
        return fail("dbt", f"{file} has no profile {_PROFILE}", _MAKE_PROFILE)
    targets = profile.get("outputs") or {}
    if target not in targets:
        return fail(
            "dbt",
            f"the profile in {file} has no target {target}",
            f"Add it as profiles.yml.example has it, or {_MAKE_PROFILE}",
        )
    return ok("dbt", f"profile {_PROFILE} with target {target} in {file}")
