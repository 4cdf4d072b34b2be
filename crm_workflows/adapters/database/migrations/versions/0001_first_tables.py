"""first tables

Frozen: what tables.py says later comes by later versions. A test compares the two.
"""

from typing import Final

from alembic import op

revision = "0001"
down_revision = None

TYPES: Final = {
    "sqlite": {
        "text": "TEXT",
        "instant": "VARCHAR(32)",
        "json": "TEXT",
        "bytes": "BLOB",
        "is_active": "is_active = 1",
        "is_open": "is_open = 1",
    },
    "postgresql": {
        "text": 'TEXT COLLATE "C"',
        "instant": "TIMESTAMP WITH TIME ZONE",
        "json": "JSON",
        "bytes": "BYTEA",
        "is_active": "is_active",
        "is_open": "is_open",
    },
}

TABLES: Final = """
CREATE TABLE cases (
    code {text} NOT NULL, process {text} NOT NULL, version BIGINT NOT NULL, source_hash {text} NOT NULL,
    status {text} NOT NULL, subject {json}, title {text} NOT NULL, owner {text} NOT NULL, requester {text} NOT NULL,
    origin {text} NOT NULL, language {text} NOT NULL, policy {text} NOT NULL, opened_at {instant} NOT NULL,
    idempotency_key {text}, input_hash {text} NOT NULL, outcome {text}, resolved_at {instant}, closed_at {instant},
    fence BIGINT NOT NULL, journal_length BIGINT NOT NULL, request_count BIGINT NOT NULL, ready_at {instant},
    leased_until {instant}, leased_by {text}, failures BIGINT NOT NULL, attention {text},
    audit_length BIGINT NOT NULL, audit_head {text} NOT NULL, search {text} NOT NULL,
    unsealed_at {instant},
    CONSTRAINT pk_cases PRIMARY KEY (code),
    CONSTRAINT ck_cases_status CHECK (status IN ('running', 'waiting', 'closed', 'needs_attention', 'cancelled')),
    CONSTRAINT ck_cases_outcome CHECK (outcome IN ('approved', 'rejected', 'lapsed', 'withdrawn', 'resolved', 'done'))
);
CREATE INDEX ix_cases_opened_at ON cases (opened_at);
CREATE INDEX ix_cases_owner_opened_at ON cases (owner, opened_at);
CREATE INDEX ix_cases_ready_at ON cases (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX ix_cases_unsealed_at ON cases (unsealed_at) WHERE unsealed_at IS NOT NULL;
CREATE INDEX ix_cases_few_by_status ON cases (status, opened_at)
    WHERE status = 'running' OR status = 'needs_attention';
CREATE UNIQUE INDEX uq_cases_idempotency_key ON cases (idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE journal (
    "case" {text} NOT NULL, n BIGINT NOT NULL, round BIGINT NOT NULL, rule {text} NOT NULL, "key" {text} NOT NULL,
    kind {text} NOT NULL, value {json}, at {instant} NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY ("case", n),
    CONSTRAINT uq_journal_case_round_key_kind UNIQUE ("case", round, "key", kind),
    CONSTRAINT ck_journal_kind CHECK (kind IN ('step', 'open', 'outcome', 'back'))
);

CREATE TABLE requests (
    id {text} NOT NULL, "case" {text} NOT NULL, kind {text} NOT NULL, rule {text} NOT NULL, name {text} NOT NULL,
    title {text} NOT NULL, "key" {text} NOT NULL, round BIGINT NOT NULL, status {text} NOT NULL,
    opened_at {instant} NOT NULL, revision BIGINT NOT NULL, due_at {instant}, remind_at {instant}, reminders {json},
    reminded_at {instant}, escalate_at {instant}, escalated_at {instant}, lapse_at {instant},
    on_silence {text} NOT NULL, shows {json}, fingerprint {text} NOT NULL, closed_at {instant}, outcome {json},
    CONSTRAINT pk_requests PRIMARY KEY (id),
    CONSTRAINT ck_requests_kind CHECK (kind IN ('approval', 'task', 'documents', 'timer'))
);
CREATE INDEX ix_requests_case ON requests ("case");
CREATE INDEX ix_requests_escalate_at ON requests (status, escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX ix_requests_lapse_at ON requests (status, lapse_at) WHERE lapse_at IS NOT NULL;
CREATE INDEX ix_requests_remind_at ON requests (status, remind_at) WHERE remind_at IS NOT NULL;

CREATE TABLE assignees (
    request {text} NOT NULL, person {text} NOT NULL, "case" {text} NOT NULL, name {text} NOT NULL,
    role {text} NOT NULL, language {text} NOT NULL, nonce {text} NOT NULL, token_hash {text} NOT NULL,
    asked_at {instant} NOT NULL, deputy_for {text}, is_outside BOOLEAN NOT NULL, is_active BOOLEAN NOT NULL,
    CONSTRAINT pk_assignees PRIMARY KEY (request, person),
    CONSTRAINT uq_assignees_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_assignees_case ON assignees ("case");
CREATE INDEX ix_assignees_inbox ON assignees (person) WHERE {is_active};

CREATE TABLE decisions (
    request {text} NOT NULL, n BIGINT NOT NULL, "case" {text} NOT NULL, decision {text} NOT NULL,
    "by" {text} NOT NULL, channel {text} NOT NULL, effective BOOLEAN NOT NULL, at {instant} NOT NULL,
    on_behalf_of {text}, comment {text} NOT NULL, answer {json}, evidence {text},
    CONSTRAINT pk_decisions PRIMARY KEY (request, n)
);
CREATE INDEX ix_decisions_case ON decisions ("case");

CREATE TABLE documents (
    request {text} NOT NULL, n BIGINT NOT NULL, "case" {text} NOT NULL, kind {text} NOT NULL,
    filename {text} NOT NULL, media_type {text} NOT NULL, size BIGINT NOT NULL, sha256 {text} NOT NULL,
    received_at {instant} NOT NULL, "by" {text} NOT NULL, channel {text} NOT NULL, problem {text}, evidence {text},
    CONSTRAINT pk_documents PRIMARY KEY (request, n)
);
CREATE INDEX ix_documents_case ON documents ("case");
CREATE INDEX ix_documents_sha256 ON documents (sha256);

CREATE TABLE blobs (
    sha256 {text} NOT NULL, content {bytes} NOT NULL,
    CONSTRAINT pk_blobs PRIMARY KEY (sha256)
);

CREATE TABLE messages (
    id {text} NOT NULL, "case" {text} NOT NULL, template {text} NOT NULL, recipient {text} NOT NULL,
    language {text} NOT NULL, context {json}, status {text} NOT NULL, message_id {text} NOT NULL,
    queued_at {instant} NOT NULL, next_at {instant}, request {text}, subject {text} NOT NULL, in_reply_to {text},
    attachments {json}, template_hash {text} NOT NULL, attempts BIGINT NOT NULL, error {text}, sent_at {instant},
    content {bytes}, claimed_until {instant},
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT uq_messages_message_id UNIQUE (message_id),
    CONSTRAINT ck_messages_status CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'uncertain'))
);
CREATE INDEX ix_messages_case ON messages ("case");
CREATE INDEX ix_messages_next_at ON messages (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ix_messages_status_queued_at ON messages (status, queued_at);

CREATE TABLE inbound_mails (
    id {text} NOT NULL, mailbox {text} NOT NULL, message_id {text} NOT NULL, sender {text} NOT NULL,
    subject {text} NOT NULL, received_at {instant} NOT NULL, size BIGINT NOT NULL, sha256 {text} NOT NULL,
    status {text} NOT NULL, recipients {json}, reading {json}, why {text} NOT NULL, "case" {text}, request {text},
    attempts BIGINT NOT NULL,
    CONSTRAINT pk_inbound_mails PRIMARY KEY (id),
    CONSTRAINT ck_inbound_mails_status CHECK (status IN (
        'new', 'applied', 'receipt', 'unclear', 'refused', 'automatic', 'duplicate', 'unreadable'))
);
CREATE INDEX ix_inbound_mails_case ON inbound_mails ("case");
CREATE INDEX ix_inbound_mails_message_id ON inbound_mails (message_id);
CREATE INDEX ix_inbound_mails_status_received_at ON inbound_mails (status, received_at);

CREATE TABLE mailbox_mails (
    id {text} NOT NULL, at {instant} NOT NULL, sender {text} NOT NULL, recipients {json}, subject {text} NOT NULL,
    message_id {text} NOT NULL, size BIGINT NOT NULL, sha256 {text} NOT NULL,
    CONSTRAINT pk_mailbox_mails PRIMARY KEY (id)
);
CREATE INDEX ix_mailbox_mails_message_id ON mailbox_mails (message_id);

CREATE TABLE watermarks (
    mailbox {text} NOT NULL, uid_validity BIGINT NOT NULL, uid BIGINT NOT NULL,
    CONSTRAINT pk_watermarks PRIMARY KEY (mailbox)
);

CREATE TABLE audit (
    "case" {text} NOT NULL, n BIGINT NOT NULL, at {instant} NOT NULL, event {text} NOT NULL, actor {text} NOT NULL,
    data {json}, previous {text} NOT NULL, hash {text} NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY ("case", n)
);

CREATE TABLE checkpoints (
    n BIGINT NOT NULL, at {instant} NOT NULL, heads {json}, previous {text} NOT NULL, public_key {text} NOT NULL,
    hash {text} NOT NULL, signature {text} NOT NULL,
    CONSTRAINT pk_checkpoints PRIMARY KEY (n)
);

CREATE TABLE links (
    "case" {text} NOT NULL, other {text} NOT NULL, relation {text} NOT NULL,
    CONSTRAINT pk_links PRIMARY KEY ("case", other, relation)
);
CREATE INDEX ix_links_other ON links (other);

CREATE TABLE bookings (
    "key" {text} NOT NULL, "case" {text} NOT NULL, process {text} NOT NULL, relation {text} NOT NULL,
    due_at {instant} NOT NULL, input {json}, opened {text}, is_open BOOLEAN NOT NULL,
    CONSTRAINT pk_bookings PRIMARY KEY ("key")
);
CREATE INDEX ix_bookings_case ON bookings ("case");
CREATE INDEX ix_bookings_due ON bookings (due_at) WHERE {is_open};

CREATE TABLE numbers (
    series {text} NOT NULL, last BIGINT NOT NULL,
    CONSTRAINT pk_numbers PRIMARY KEY (series)
);

CREATE TABLE config_versions (
    kind {text} NOT NULL, version BIGINT NOT NULL, content {text} NOT NULL, applied_at {instant} NOT NULL,
    applied_by {text} NOT NULL, changes {json},
    CONSTRAINT pk_config_versions PRIMARY KEY (kind, version)
);

CREATE TABLE meta (
    "key" {text} NOT NULL, value {text} NOT NULL,
    CONSTRAINT pk_meta PRIMARY KEY ("key")
);

CREATE TABLE suppliers (
    code {text} NOT NULL, category {text} NOT NULL, name {text} NOT NULL, credit_code {text} NOT NULL,
    status {text} NOT NULL, registered_at {instant} NOT NULL, "case" {text}, supplier_class {text}, payment {json},
    details {json},
    CONSTRAINT pk_suppliers PRIMARY KEY (code),
    CONSTRAINT uq_suppliers_credit_code UNIQUE (credit_code)
);
CREATE INDEX ix_suppliers_name ON suppliers (name);

CREATE TABLE business_rows (
    "case" {text} NOT NULL, name {text} NOT NULL, round BIGINT NOT NULL, value {json}, at {instant} NOT NULL,
    CONSTRAINT pk_business_rows PRIMARY KEY ("case", name, round)
);
"""

GUARDS: Final = {
    "sqlite": (
        """CREATE TRIGGER {table}_is_never_updated BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} rows cannot be changed'); END""",
        """CREATE TRIGGER {table}_is_never_deleted BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} rows cannot be deleted'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION '{table} rows cannot be changed or deleted'; END$$""",
        """CREATE TRIGGER {table}_is_never_changed BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_refuses()""",
        """CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()""",
    ),
}


def upgrade() -> None:
    """Create every table, index and trigger."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    statements = TABLES.strip().removesuffix(";").format(**TYPES[dialect]).split(";\n")
    guards = [statement.format(table=table) for table in ("audit", "checkpoints") for statement in GUARDS[dialect]]
    for statement in (*statements, *guards):
        connection.exec_driver_sql(statement)
