"""What `softcart doctor` says of a Db2 that is not as promote and dbt need it."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from orchestration.doctor.db2 import SUBJECT, check_db2
from orchestration.doctor.finding import Finding
from orchestration.doctor.servers import check_servers
from orchestration.promote.db2.connection import db2_session, query
from orchestration.settings import Settings

pytestmark = pytest.mark.servers


def faults(settings: Settings) -> list[Finding]:
    return [finding for finding in check_db2(settings) if finding.level != "ok"]


def inside(settings: Settings, statement: str) -> None:
    """Change what the stand-in says of itself."""
    parts = urlsplit(settings.url("db2").full.get_secret_value())
    with psycopg.connect(urlunsplit(parts._replace(scheme="postgresql"))) as postgres:
        postgres.execute(statement.encode())


def test_nothing_is_wrong_with_a_db2_as_it_should_be_and_nothing_is_left_there(
    standin: Settings,
) -> None:
    found = list(check_db2(standin))
    assert [finding.level for finding in found] == ["ok"] * 5
    assert "11.5" in found[0].text
    with db2_session(standin) as db2:
        left = query(
            db2, "SELECT SCHEMANAME FROM SYSCAT.SCHEMATA WHERE SCHEMANAME LIKE 'SOFTCART%'"
        )
    assert left == []


@pytest.mark.parametrize(
    ("name", "value", "level", "text"),
    [
        ("codeset", "ISO8859-1", "fail", "it cannot hold every text"),
        ("varchar2_compat", "ON", "fail", "the empty text is null in it"),
        ("date_compat", "ON", "fail", "a DATE has a time in it"),
        ("auto_reval", "DISABLED", "warn", "views stay broken"),
        ("cur_commit", "DISABLED", "warn", "readers wait"),
    ],
)
def test_a_setting_of_the_database_is_told_of(
    standin: Settings, name: str, value: str, level: str, text: str
) -> None:
    inside(
        standin,
        "create or replace view sysibmadm.dbcfg as"
        f" select '{name}'::text as name, '{value}'::text as value",
    )
    (fault,) = faults(standin)
    assert (fault.level, text in fault.text) == (level, True)


def test_small_pages_are_told_of_with_the_statement_that_mends_them(standin: Settings) -> None:
    inside(
        standin,
        "create or replace view syscat.tablespaces as"
        " select tbspace, datatype::char(1) as datatype, pagesize"
        " from (values ('USERSPACE1', 'L', 4096), ('TEMPSPACE1', 'T', 8192))"
        " as spaces (tbspace, datatype, pagesize)",
    )
    small, temporary = faults(standin)
    assert (small.level, temporary.level) == ("fail", "warn")
    assert "4 KB" in small.text
    assert "CREATE SYSTEM TEMPORARY TABLESPACE" in temporary.remedy


def test_an_old_server_is_told_of(standin: Settings) -> None:
    inside(
        standin,
        "create or replace view sysibmadm.env_inst_info as"
        " select 'db2inst1'::text as inst_name, 'DB2 v11.1.4.7'::text as service_level",
    )
    (fault,) = faults(standin)
    assert fault.remedy == "Use Db2 11.5 or later"


def test_a_db2_that_does_not_answer_is_a_fault_among_the_others(standin: Settings) -> None:
    away = standin.with_urls({"db2": "db2://ann:a-secret@127.0.0.1:1/SHOP"})
    (fault,) = [finding for finding in check_servers(away) if finding.subject == SUBJECT]
    assert fault.level == "fail"
    assert "No answer from Db2" in fault.text
    assert "a-secret" not in f"{fault.text}{fault.remedy}"


def test_who_has_no_db2_is_told_nothing_of_it(standin: Settings) -> None:
    without = standin.model_copy(update={"db2_url": None})
    assert [one for one in check_servers(without) if one.subject == SUBJECT] == []
