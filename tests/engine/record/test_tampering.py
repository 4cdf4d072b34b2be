"""Whoever rewrites anything of the record is found and named (G-7)."""

import random
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crm_workflows.domain.audit import chained
from crm_workflows.domain.records import AuditEntry, Blob, CaseRow, Checkpoint, Decision, Document, InboundMail
from crm_workflows.engine.record import auditing, sealing
from crm_workflows.engine.requests.files import sha256_of
from crm_workflows.testing import MemoryStore
from tests.office import Office, application, documents

COMPANIES = {"91320500MAX0CL616K": "苏州澄岚精密轴承有限公司", "91330200MAX0AA110H": "杭州沐辰包装有限公司"}
TAMPERINGS = 1_000


def tampered(value: Any, draw: random.Random) -> Any:
    """Another value of the same kind."""
    if isinstance(value, str):
        at = draw.randrange(len(value) + 1)
        return value[:at] + draw.choice("abc0189张") + value[at + draw.randrange(2) :]
    if isinstance(value, int):
        return value + draw.choice((-1, 1, 1000))
    if isinstance(value, dict):
        return value | {draw.choice([*value, "added"]): draw.randrange(10**9)}
    if isinstance(value, list):
        return [*value[1:], ["SV-2026-99999", 1, "0" * 64]]
    return value + timedelta(microseconds=draw.choice((-1, 1, 10**9)))


def delete_link(tables: Any, draw: random.Random) -> str:
    key = draw.choice(list(tables[AuditEntry]))
    del tables[AuditEntry][key]
    return str(key[0])


def change_link(tables: Any, draw: random.Random) -> str:
    key = draw.choice(list(tables[AuditEntry]))
    row = tables[AuditEntry][key]
    name = draw.choice(("at", "event", "actor", "data", "previous", "hash"))
    new = tampered(getattr(row, name), draw)
    tables[AuditEntry][key] = replace(row, **{name: new})
    return str(key[0]) if new != getattr(row, name) else ""


def rewrite_chain(tables: Any, draw: random.Random) -> str:
    """All links from one on, hashes and the head in the case row included, as a clever forger would."""
    code, begin = draw.choice(list(tables[AuditEntry]))
    links = sorted((row for (case, _), row in tables[AuditEntry].items() if case == code), key=lambda row: row.n)
    head = links[begin].previous
    for row in links[begin:]:
        data = row.data | ({"forged": draw.random()} if row.n == begin else {})
        new = chained(code, row.n, row.at, row.event, row.actor, data, head)
        tables[AuditEntry][code, row.n] = new
        head = new.hash
    tables[CaseRow][code,] = replace(tables[CaseRow][code,], audit_head=head)
    return str(code)


def cut_chain(tables: Any, draw: random.Random) -> str:
    """The last links go, and the case row says that they never were."""
    code = draw.choice(list(tables[CaseRow]))[0]
    links = sorted(n for case, n in tables[AuditEntry] if case == code)
    keep = draw.randrange(1, len(links))
    for n in links[keep:]:
        del tables[AuditEntry][code, n]
    head = tables[AuditEntry][code, keep - 1].hash
    tables[CaseRow][code,] = replace(tables[CaseRow][code,], audit_length=keep, audit_head=head)
    return str(code)


def delete_case(tables: Any, draw: random.Random) -> str:
    code = draw.choice(list(tables[CaseRow]))[0]
    del tables[CaseRow][code,]
    for key in [key for key in tables[AuditEntry] if key[0] == code]:
        del tables[AuditEntry][key]
    return str(code)


def change_checkpoint(tables: Any, draw: random.Random) -> str:
    key = draw.choice(list(tables[Checkpoint]))
    row = tables[Checkpoint][key]
    name = draw.choice(("n", "at", "heads", "previous", "public_key", "hash", "signature"))
    new = tampered(getattr(row, name), draw)
    tables[Checkpoint][key] = replace(row, **{name: new})
    return "checkpoint" if new != getattr(row, name) else ""


def delete_checkpoint(tables: Any, draw: random.Random) -> str:
    """Any but the last, whose absence only somebody outside can see."""
    del tables[Checkpoint][draw.choice(sorted(tables[Checkpoint])[:-1])]
    return "checkpoint"


def change_decision(tables: Any, draw: random.Random) -> str:
    key = draw.choice(list(tables[Decision]))
    row = tables[Decision][key]
    name = draw.choice(
        ("decision", "by", "at", "channel", "comment", "answer", "on_behalf_of", "evidence", "effective")
    )
    old = getattr(row, name)
    new = not old if name == "effective" else tampered(old if old is not None else "", draw)
    tables[Decision][key] = replace(row, **{name: new})
    return str(row.case) if name == "effective" or (new or None) != (old or None) else ""


def invent_decision(tables: Any, draw: random.Random) -> str:
    row = draw.choice(list(tables[Decision].values()))
    tables[Decision][row.request, row.n + 1] = replace(row, n=row.n + 1, by="somebody@yongchang.example")
    return str(row.case)


def change_outcome(tables: Any, draw: random.Random) -> str:
    key = draw.choice(list(tables[CaseRow]))
    tables[CaseRow][key] = replace(tables[CaseRow][key], outcome="approved")
    return str(key[0])


def change_subject(tables: Any, draw: random.Random) -> str:
    key = draw.choice(list(tables[CaseRow]))
    row = tables[CaseRow][key]
    tables[CaseRow][key] = replace(row, subject=tampered(row.subject, draw))
    return str(key[0])


def invent_silence(tables: Any, draw: random.Random) -> str:
    row = draw.choice(list(tables[Decision].values()))
    tables[Decision][row.request, row.n + 1] = replace(row, n=row.n + 1, by="engine", channel="silence", evidence=None)
    return str(row.case)


def change_file(tables: Any, draw: random.Random) -> str:
    """A document that was handed in: its content goes, or becomes another."""
    sha256: str = draw.choice([d.sha256 for d in tables[Document].values()])
    if draw.random() < 0.5:
        del tables[Blob][sha256,]
    else:
        tables[Blob][sha256,] = Blob(sha256, b"other")
    return sha256[:12]


def change_mail(tables: Any, draw: random.Random) -> str:
    """A mail by which somebody decided or handed in: another one, with a row that fits it, or none at all."""
    identity = draw.choice([key[0] for key in tables[InboundMail]])
    if draw.random() < 0.3:
        del tables[InboundMail][identity,]
        return str(identity) if identity in {d.evidence for d in tables[Decision].values()} else ""
    row = tables[InboundMail][identity,]
    forged = tables[Blob][row.sha256,].content.replace(b"\n\n", b"\n\nforged ", 1)
    tables[Blob][sha256_of(forged),] = Blob(sha256_of(forged), forged)
    tables[InboundMail][identity,] = replace(row, sha256=sha256_of(forged))
    return str(identity)


WAYS = (
    change_mail,
    change_decision,
    invent_decision,
    change_outcome,
    change_subject,
    invent_silence,
    change_file,
    delete_link,
    change_link,
    rewrite_chain,
    cut_chain,
    delete_case,
    change_checkpoint,
    delete_checkpoint,
)


def test_a_thousand_tamperings_are_all_found_and_named() -> None:
    seed = random.randrange(2**32)
    sys.stderr.write(f"seed {seed}\n")
    draw = random.Random(seed)
    store = MemoryStore()
    office = Office(store)
    for code, company in COMPANIES.items():
        case = office.start(application(credit_code=code, company=company))
        sealing.seal(office.engine)
        office.reply(office.asking(case), "附件请查收", files=documents())
        office.submit(case)
        sealing.seal(office.engine)
    case = office.until_gate(application(company="北京大有机电有限公司", credit_code="91310000MAX0CC330A"))
    office.reply(office.asking(case), "同意")
    sealing.seal(office.engine)
    assert auditing.verify(office.engine) == []
    honest, done = store._tables, 0
    while done < TAMPERINGS:
        way = draw.choice(WAYS)
        store._tables = {record: dict(rows) for record, rows in honest.items()}
        victim = way(store._tables, draw)
        if not victim:
            continue  # the letter that was drawn stood there already
        faults = auditing.verify(office.engine)
        assert faults, f"seed {seed}: {way.__name__} was not found"
        assert any(victim in fault for fault in faults), f"seed {seed}: {way.__name__} of {victim} is named as {faults}"
        done += 1
    store._tables = honest
    assert auditing.verify(office.engine) == []
