"""customers

The register of customers, with their contacts, orders, contracts and the contacts made (ON, CB). Frozen.
"""

from typing import Final

from alembic import op

revision = "0003"
down_revision = "0002"

TYPES: Final = {
    "sqlite": {"text": "TEXT", "instant": "VARCHAR(32)", "json": "TEXT"},
    "postgresql": {"text": 'TEXT COLLATE "C"', "instant": "TIMESTAMP WITH TIME ZONE", "json": "JSON"},
}
TABLES: Final = """
CREATE TABLE customers (
    code {text} NOT NULL, name {text} NOT NULL, credit_code {text} NOT NULL, status {text} NOT NULL,
    tier {text} NOT NULL, owner {text} NOT NULL, registered_at {instant} NOT NULL, industry {text} NOT NULL,
    region {text} NOT NULL, stage {text} NOT NULL, kind {text} NOT NULL, phone {text} NOT NULL,
    mail_domain {text} NOT NULL, consents BOOLEAN NOT NULL, "case" {text}, last_contact_at {instant},
    next_callback_at {instant}, open_callback {text}, credit {json}, details {json},
    CONSTRAINT pk_customers PRIMARY KEY (code),
    CONSTRAINT uq_customers_credit_code UNIQUE (credit_code)
);
CREATE INDEX ix_customers_phone ON customers (phone);
CREATE INDEX ix_customers_mail_domain ON customers (mail_domain);
CREATE INDEX ix_customers_owner ON customers (owner);
CREATE INDEX ix_customers_next_callback_at ON customers (next_callback_at) WHERE next_callback_at IS NOT NULL;
CREATE TABLE customer_contacts (
    customer {text} NOT NULL, n BIGINT NOT NULL, name {text} NOT NULL, email {text} NOT NULL, phone {text} NOT NULL,
    language {text} NOT NULL, part {text} NOT NULL, is_active BOOLEAN NOT NULL,
    CONSTRAINT pk_customer_contacts PRIMARY KEY (customer, n)
);
CREATE TABLE customer_orders (
    customer {text} NOT NULL, number {text} NOT NULL, ordered_at {instant} NOT NULL, amount {text} NOT NULL,
    delivered_at {instant}, is_open BOOLEAN NOT NULL, goods {text} NOT NULL,
    CONSTRAINT pk_customer_orders PRIMARY KEY (customer, number)
);
CREATE TABLE customer_contracts (
    customer {text} NOT NULL, number {text} NOT NULL, signed_at {instant} NOT NULL, ends_at {instant},
    title {text} NOT NULL,
    CONSTRAINT pk_customer_contracts PRIMARY KEY (customer, number)
);
CREATE TABLE contacts_made (
    customer {text} NOT NULL, n BIGINT NOT NULL, at {instant} NOT NULL, kind {text} NOT NULL, "by" {text} NOT NULL,
    reached BOOLEAN NOT NULL, "case" {text}, details {json},
    CONSTRAINT pk_contacts_made PRIMARY KEY (customer, n)
)
"""


def upgrade() -> None:
    """Create the tables and their indexes."""
    connection = op.get_bind()
    for statement in TABLES.format(**TYPES[connection.dialect.name]).split(";"):
        connection.exec_driver_sql(statement.strip())
