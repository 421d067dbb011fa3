"""The manifest behind Dagster's definitions: made without a database, anew when files change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestration.defs.dbt_project import fingerprint, load_manifest
from orchestration.errors import SoftcartError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: softcart\nprofile: softcart\n")
    (folder / "models" / "first.sql").write_text("select 1 as n")
    return folder


def test_a_manifest_is_parsed_once_without_servers_until_a_file_changes(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    with ThreadPoolExecutor(4) as pool:
        manifests = list(pool.map(lambda _: load_manifest(kept, project), range(4)))
    assert set(manifests[0]["nodes"]) == {"model.softcart.first"}
    assert len({manifest["metadata"]["invocation_id"] for manifest in manifests}) == 1

    monkeypatch.setattr("orchestration.defs.dbt_project.DBT_EXECUTABLE", Path("/nonexistent/dbt"))
    assert load_manifest(kept, project) == manifests[0]

    (project / "models" / "second.sql").write_text("select 2 as n")
    with pytest.raises(FileNotFoundError):
        load_manifest(kept, project)


def test_a_project_that_does_not_parse_says_which_file(project: Path, tmp_path: Path) -> None:
    (project / "models" / "second.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(SoftcartError, match=r"models/second\.sql"):
        load_manifest(tmp_path / "kept", project)


def test_every_kind_of_change_shows_in_the_fingerprint(project: Path) -> None:
    seen = {fingerprint(project)}
    (project / "models" / "first.sql").write_text("select 2 as n")
    seen.add(fingerprint(project))
    (project / "models" / "first.sql").rename(project / "models" / "renamed.sql")
    seen.add(fingerprint(project))
    (project / "models" / "renamed.sql").unlink()
    seen.add(fingerprint(project))
    (project / "selectors.yml").write_text("selectors: []")
    seen.add(fingerprint(project))
    (project / "dbt_project.yml").write_text("name: softcart\nprofile: softcart\nversion: 1.0.0\n")
    seen.add(fingerprint(project))
    assert len(seen) == 6


def test_what_is_no_part_of_the_project_leaves_the_fingerprint_alone(project: Path) -> None:
    before = fingerprint(project)
    (project / "target").mkdir()
    (project / "target" / "manifest.json").write_text("{}")
    (project / "README.md").write_text("words")
    assert fingerprint(project) == before
