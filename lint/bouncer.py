"""`python -m lint.bouncer`: parse the project, then hold its manifest against dbt-bouncer.yml.

dbt parses without connecting, but profiles.yml must render: the variables it reads are given
names that lead nowhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from lint.dbt_jinja.render import PROJECT_DIR

_NOWHERE = {
    "SOFTCART_DBT_HOST": "localhost",
    "SOFTCART_DBT_PORT": "1",
    "SOFTCART_DBT_USER": "nobody",
    "SOFTCART_DBT_DATABASE": "nothing",
    "DBT_ENV_SECRET_SOFTCART_PASSWORD": "none",
}


def main() -> int:
    """Return dbt-bouncer's exit code, or dbt's if the project does not parse."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(PROJECT_DIR / "profiles.yml.example", folder / "profiles.yml")
        config = yaml.safe_load((PROJECT_DIR / "dbt-bouncer.yml").read_text(encoding="utf-8"))
        # dbt-bouncer takes the manifest's folder from its file alone.
        (folder / "dbt-bouncer.yml").write_text(
            yaml.safe_dump({**config, "dbt_artifacts_dir": str(folder / "target")}),
            encoding="utf-8",
        )
        environment = os.environ | _NOWHERE
        environment |= {
            "DBT_PROJECT_DIR": str(PROJECT_DIR),
            "DBT_PROFILES_DIR": name,
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
        bin_dir = Path(sys.executable).parent
        parse = subprocess.run([bin_dir / "dbt", "--quiet", "parse"], env=environment, check=False)
        if parse.returncode != 0:
            return parse.returncode
        bounce = [
            str(bin_dir / "dbt-bouncer"),
            "run",
            "--config-file",
            str(folder / "dbt-bouncer.yml"),
        ]
        return subprocess.run(bounce, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
