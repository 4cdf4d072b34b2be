"""What an auditor is told of a chain and of checkpoints that do not hold: which link, of which case."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from crm_workflows.adapters.keys import ServerKey
from crm_workflows.domain import audit, checkpoints
from crm_workflows.domain.records import AuditEntry, Checkpoint

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CASE = "SV-2026-00001"
KEY = ServerKey(b"k" * 32)


def chain(length: int) -> list[AuditEntry]:
    links: list[AuditEntry] = []
    for n in range(length):
        previous = links[-1].hash if links else ""
        links.append(audit.chained(CASE, n, AT + timedelta(hours=n), "step", "engine", {"n": n}, previous))
    return links


def sealed(many: int) -> list[Checkpoint]:
    made: list[Checkpoint] = []
    for n in range(1, many + 1):
        previous = made[-1].hash if made else ""
        made.append(checkpoints.made(n, AT, [(CASE, n, "b"), ("A", n, "a")], previous, KEY.public_key(), KEY.seal))
    return made


def fault_of(made: list[Checkpoint], key: str | None = None) -> str | None:
    return checkpoints.first_fault(made, key or KEY.public_key(), KEY.is_seal)


def test_a_whole_chain_holds_whatever_zone_its_instants_are_in() -> None:
    links = chain(3)
    assert audit.first_fault(CASE, links, 3, links[-1].hash) is None
    assert audit.first_fault(CASE, [], 0, "") is None
    there = [replace(link, at=link.at.astimezone(timezone(timedelta(hours=8)))) for link in links]
    assert audit.first_fault(CASE, there, 3, links[-1].hash) is None


def test_a_link_is_hashed_as_it_always_was_so_that_old_records_hold() -> None:
    at = datetime(2027, 1, 2, 3, 4, 5, 60, tzinfo=timezone(timedelta(hours=8)))
    written = f'["{CASE}", 4, "2027-01-01T19:04:05.000060+00:00", "步骤", "engine", {{"a": 1, "b": "二"}}, "before"]'
    link = audit.chained(CASE, 4, at, "步骤", "engine", {"b": "二", "a": 1}, "before")
    assert link.hash == hashlib.sha256(written.encode()).hexdigest()


def test_somebody_outside_is_known_by_sixteen_digits_however_the_address_is_written() -> None:
    digits = hashlib.sha256(b"chen@customer.example").hexdigest()
    assert audit.person_id("Chen@Customer.example") == f"sha256:{digits[:16]}"


@pytest.mark.parametrize("change", [{"event": "other"}, {"n": 7}, {"previous": "x"}, {"hash": "x"}, {"actor": "who"}])
def test_an_altered_link_is_named(change: dict[str, object]) -> None:
    links = chain(3)
    links[1] = replace(links[1], **change)  # type: ignore[arg-type]
    event = links[1].event
    assert audit.first_fault(CASE, links, 3, links[-1].hash) == (
        f"案件 {CASE} 的审计记录 1（{event}）与审计链不符，已被改动"
        f" / audit entry 1 of case {CASE} ({event}) does not fit the chain; it was altered"
    )


def test_a_chain_cut_short_says_how_much_is_left() -> None:
    links = chain(3)
    assert audit.first_fault(CASE, links[:2], 3, links[-1].hash) == (
        f"案件 {CASE} 的审计链有 2 条记录，而案件应有 3 条，记录缺失或被改动"
        f" / the audit chain of case {CASE} has 2 entries where the case says 3; entries are missing"
    )
    assert audit.first_fault(CASE, links, 3, links[0].hash) is not None, "as long, and with another end"
    assert audit.first_fault(CASE, links[:2], 3, links[1].hash) is not None, "the end is right, the length is not"


def test_what_was_said_is_known_by_its_hash_only() -> None:
    assert audit.said_hash("太贵", None) == audit.said_hash("太贵", None)
    told = {audit.said_hash(*said) for said in (("太贵", None), ("太贵", {}), ("", None), ("", {"a": 1, "b": 2}))}
    assert len(told) == 4
    assert audit.said_hash("", {"b": 2, "a": 1}) == audit.said_hash("", {"a": 1, "b": 2}), "in any order"
    assert {len(hash_) for hash_ in told} == {64}


def test_checkpoints_hold_one_on_the_other() -> None:
    made = sealed(3)
    assert fault_of(made) is None
    assert made[0].heads == [["A", 1, "a"], [CASE, 1, "b"]], "in order, whatever order they came in"
    assert (made[0].n, made[0].previous, made[1].previous) == (1, "", made[0].hash)
    missing = (
        "检查点 {n} 与前一检查点不衔接，已被改动或缺失"
        " / checkpoint {n} does not follow the one before it; it was altered or is missing"
    )
    assert fault_of(made[1:]) == missing.format(n=1)
    assert fault_of([made[0], made[2]]) == missing.format(n=2)
    assert fault_of([made[0], replace(made[1], hash="0" * 64)]) == missing.format(n=2)
    assert fault_of([made[0], replace(made[1], at=AT + timedelta(seconds=1))]) == missing.format(n=2)
    again = checkpoints.made(2, AT, [], "another", KEY.public_key(), KEY.seal)
    assert fault_of([made[0], again]) == missing.format(n=2)


def test_a_checkpoint_by_another_key_or_with_another_signature_is_named() -> None:
    made, other = sealed(2), ServerKey(b"o" * 32)
    by_another = "检查点 1 不是由本安装的密钥签署 / checkpoint 1 was not signed by the key of this installation"
    assert fault_of(made, other.public_key()) == by_another
    assert fault_of([replace(made[0], signature=made[1].signature)]) == by_another
