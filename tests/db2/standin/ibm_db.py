"""Shadows Db2's C module `ibm_db` for tests, by this folder's place on PYTHONPATH: see db2_standin.

The real `ibm_db_dbi` runs on it. Its other constants are never used; they have to be there.
"""

from __future__ import annotations

from db2_standin.driver import *  # noqa: F403
from db2_standin.driver import IBM_DBConnection, IBM_DBStatement  # noqa: F401

__version__ = "0.standin"

ATTR_CASE, CASE_NATURAL, CASE_LOWER, CASE_UPPER = 0, 0, 1, 2
SQL_FALSE, SQL_TRUE = 0, 1
SQL_TABLE_STAT, SQL_INDEX_CLUSTERED, SQL_INDEX_OTHER = 0, 1, 3
USE_WCHAR, WCHAR_YES, WCHAR_NO = 1, 1, 0
SQL_ATTR_TXN_ISOLATION = 108
SQL_TXN_READ_UNCOMMITTED, SQL_TXN_READ_COMMITTED = 1, 2
SQL_TXN_REPEATABLE_READ, SQL_TXN_SERIALIZABLE, SQL_TXN_NO_COMMIT = 4, 8, 32
SQL_PARAM_INPUT, SQL_PARAM_OUTPUT, SQL_PARAM_INPUT_OUTPUT = 1, 4, 2
