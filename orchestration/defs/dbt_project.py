"""The dbt project as Dagster sees it: a manifest that fits the files, made without a database."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import yaml
from dagster_dbt import DbtProject

from orchestration.errors import SoftcartError
from orchestration.settings import PROJECT_DIR

Manifest = Mapping[str, Any]

# Of the environment that runs this, so that it works where no PATH was set up, as in a service.
DBT_EXECUTABLE = Path(sys.executable).with_name("dbt")

# `dbt parse` wants a profile and connects to nothing. One of our own keeps the manifest the same
# whatever the settings are, and lets definitions load before any server exists.
_PARSE_PROFILE = """\
softcart:
  target: parse
  outputs:
    parse: {type: postgres, host: "-", port: 1, user: "-", pass: "-", dbname: "-", schema: marts}
"""

_PATH_SETTINGS: Mapping[str, Sequence[str]] = {
    "model-paths": ["models"],
    "seed-paths": ["seeds"],
    "test-paths": ["tests"],
    "snapshot-paths": ["snapshots"],
    "macro-paths": ["macros"],
    "analysis-paths": ["analyses"],
    "docs-paths": [],
}


def load_manifest(folder: Path, project_dir: Path = PROJECT_DIR) -> Manifest:
    """Return the project's manifest, parsed anew when it is missing or older than the files.

    Several processes may ask at once, as Dagster's do when they start: one parses, all get it.

    Args:
        folder: Where the manifest is kept; made when missing.
        project_dir: Has dbt_project.yml.

    Raises:
        SoftcartError: dbt cannot parse the project; has dbt's own words.
    """
    manifest_file = folder / "manifest.json"
    fingerprint_file = folder / "manifest.fingerprint"
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder / "manifest.lock"):
        wanted = fingerprint(project_dir)
        is_fresh = (
            manifest_file.exists()
            and fingerprint_file.exists()
            and fingerprint_file.read_text() == wanted
        )
        if not is_fresh:
            fingerprint_file.unlink(missing_ok=True)
            _parse(project_dir, folder)
            fingerprint_file.write_text(wanted)
        manifest: Manifest = orjson.loads(manifest_file.read_bytes())
        return manifest


def dbt_project(folder: Path) -> DbtProject:
    """Return dagster-dbt's view of the project; `load_manifest(folder)` must have been called."""
    return DbtProject(PROJECT_DIR, target_path=folder, profiles_dir=folder)


def fingerprint(project_dir: Path) -> str:
    """Return a digest of all that a manifest is made of: dbt's version, the paths and contents."""
    project_file = project_dir / "dbt_project.yml"
    config = yaml.safe_load(project_file.read_text())
    files = [project_file, project_dir / "selectors.yml"]
    for setting, default in _PATH_SETTINGS.items():
        for folder in config.get(setting, default):
            files += (path for path in (project_dir / folder).rglob("*") if path.is_file())
    digest = hashlib.sha256(version("dbt-core").encode())
    for path in sorted(set(files)):
        if path.exists():
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(project_dir)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _parse(project_dir: Path, folder: Path) -> None:
    (folder / "profiles.yml").write_text(_PARSE_PROFILE)
    parsed = subprocess.run(
        # dbt 1.11's partial parse keeps the old selectors when nothing but selectors.yml changed.
        [DBT_EXECUTABLE, "--quiet", "--no-use-colors", "--no-partial-parse", "parse"],
        cwd=project_dir,
        env=os.environ
        | {
            "DBT_PROFILES_DIR": str(folder),
            "DBT_TARGET_PATH": str(folder),
            "DBT_LOG_PATH": str(folder),
            # Whoever evaluated `softcart env` has a target of the real profile here.
            "DBT_TARGET": "parse",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if parsed.returncode:
        raise SoftcartError(
            f"dbt cannot parse the project in {project_dir}: {parsed.stdout.strip()}",
            remedy="Correct the file that dbt names; `dbt parse` shows the same",
        )


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
