"""What PostgreSQL's errors mean, in one sentence for people. It must not decide what is done about them."""

import re
from collections.abc import Collection
from typing import Final

import psycopg

from crm_workflows.adapters.database.tables import TABLES
from crm_workflows.domain.errors import StoreBusy
from crm_workflows.engine.ports import Duplicate

LOCKED: Final = (
    "数据库正忙，另一个程序占用了同一记录，请稍后再试 / The database is busy: another program holds the same row;"
    " try again in a moment"
)
FULL: Final = (
    "数据库服务器的磁盘或连接数已满，请联系管理员 / The database server has run out of disk or connections;"
    " tell the administrator and try again"
)
GONE: Final = "无法连接数据库服务器，请稍后再试 / The database server cannot be reached; try again in a moment"
REFUSED: Final = (
    "数据库服务器拒绝了用户、密码或数据库名，请核对 CRMW_DATABASE_URL"
    " / The database server refuses the user, the password or the database; correct CRMW_DATABASE_URL"
)
UNTRUSTED: Final = (
    "数据库服务器的证书未获信任，请核对 CRMW_DATABASE_URL 中的主机名和 PGSSLROOTCERT"
    " / The certificate of the database server is not trusted; correct the host in CRMW_DATABASE_URL, or PGSSLROOTCERT"
)
BY_WORDS: Final = {
    REFUSED: re.compile(
        "FATAL: +(password authentication failed|no pg_hba.conf entry|(role|database) .*(does not exist|not permitted))"
    ),
    UNTRUSTED: re.compile("root certificate file|certificate verify failed|server certificate for"),
}
"""A connection that comes to nothing has no SQLSTATE; a server whose words are not English is taken for `GONE`."""
NO_CHINESE: Final = (
    "数据库的编码存不了中文，请用 UTF8 编码重新创建"
    " / The database cannot hold Chinese; create it anew with ENCODING 'UTF8'"
)
MEANINGS: Final = {
    "55P03": LOCKED,
    "40P01": LOCKED,
    "40001": LOCKED,
    "57014": LOCKED,
    "53": FULL,
    "08": GONE,
    "22P05": NO_CHINESE,
    "57P": GONE,
    "25P03": GONE,
    "25006": GONE,
}
"""By SQLSTATE or its beginning; 25006 is a standby that has taken over and may not write yet."""
RECORDS: Final = {table.name: record for record, table in TABLES.items()}


class PostgresErrors:
    """What PostgreSQL's errors mean."""

    base: type[Exception] = psycopg.Error
    lasting: Collection[str] = (FULL, GONE, REFUSED, UNTRUSTED)

    def meaning(self, error: Exception, record: type | None) -> Exception:
        """See `Errors`."""
        if isinstance(error, psycopg.errors.UniqueViolation):
            violated = RECORDS.get(error.diag.table_name or "", record)
            return error if violated is None else Duplicate(violated.__name__)
        state = getattr(error, "sqlstate", None)
        if state is None:
            known = (sentence for sentence, words in BY_WORDS.items() if words.search(str(error)))
            return StoreBusy(next(known, GONE)) if isinstance(error, psycopg.OperationalError) else error
        for beginning, sentence in MEANINGS.items():
            if state.startswith(beginning):
                return StoreBusy(sentence)
        return error
