"""The binary log of MySQL and MariaDB, read as a replica reads it."""

from orchestration.ingest.binlog.log import MysqlChangeLog

__all__ = ["MysqlChangeLog"]
