"""signing in

Codes that were asked for, and the sessions and tokens that speak for a person. Frozen.
"""

from typing import Final

from alembic import op

revision = "0014"
down_revision = "0013"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "integer": "BIGINT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "integer": "BIGINT"},
}
TABLES: Final = """
CREATE TABLE sign_in_codes (
    id {text} NOT NULL, person {text} NOT NULL, browser_hash {text} NOT NULL, address_key {text} NOT NULL,
    client_key {text} NOT NULL, nonce {text} NOT NULL, asked_at {instant} NOT NULL, expires_at {instant} NOT NULL,
    counts_until {instant} NOT NULL, tries {integer} NOT NULL, used_at {instant},
    CONSTRAINT pk_sign_in_codes PRIMARY KEY (id), CONSTRAINT uq_sign_in_codes_browser_hash UNIQUE (browser_hash)
);
CREATE INDEX ix_sign_in_codes_address_key_asked_at ON sign_in_codes (address_key, asked_at);
CREATE INDEX ix_sign_in_codes_client_key_asked_at ON sign_in_codes (client_key, asked_at);
CREATE TABLE passes (
    id {text} NOT NULL, person {text} NOT NULL, kind {text} NOT NULL, secret_hash {text} NOT NULL,
    label {text} NOT NULL, opened_at {instant} NOT NULL, seen_at {instant} NOT NULL, ends_at {instant} NOT NULL,
    idle_until {instant}, ended_at {instant}, ended_by {text} NOT NULL,
    CONSTRAINT pk_passes PRIMARY KEY (id), CONSTRAINT uq_passes_secret_hash UNIQUE (secret_hash),
    CONSTRAINT ck_passes_kind CHECK (kind IN ('session', 'token'))
);
CREATE INDEX ix_passes_person ON passes (person)
"""


def upgrade() -> None:
    """Create both tables and their indexes."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
