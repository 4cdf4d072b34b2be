"""survey invitations

Who is asked in a satisfaction survey, and the last answer (CB-8). Frozen.
"""

from typing import Final

from alembic import op

revision = "0009"
down_revision = "0008"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE"},
}
TABLES: Final = """
CREATE TABLE survey_invitations (
    id {text} NOT NULL, "case" {text} NOT NULL, customer {text} NOT NULL, tier {text} NOT NULL, name {text} NOT NULL,
    email {text} NOT NULL, language {text} NOT NULL, nonce {text} NOT NULL, token_hash {text} NOT NULL,
    asked_at {instant} NOT NULL, closes_at {instant} NOT NULL, answer BIGINT, comment {text} NOT NULL,
    answered_at {instant}, answers BIGINT NOT NULL,
    CONSTRAINT pk_survey_invitations PRIMARY KEY (id),
    CONSTRAINT uq_survey_invitations_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_survey_invitations_case ON survey_invitations ("case")
"""


def upgrade() -> None:
    """Create the table and its index."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
