"""Rows of a company made by chance, for what is counted over them."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from crm_workflows.domain.records import (
    Assignee,
    BusinessRow,
    CaseClock,
    CaseRow,
    ContactMade,
    Customer,
    CustomerOrder,
    Decision,
    DueCallback,
    GoodsReceived,
    JournalEntry,
    Link,
    Message,
    Request,
    Supplier,
    SupplierStanding,
)
from tests.adapters.rows import NOON, case

PEOPLE = ("li", "wang", "zhao")
PROCESSES = {
    "SV": "supplier-vetting", "ON": "customer-onboarding", "CB": "periodic-callbacks", "CP": "complaint-resolution",
    "CF": "complaint-follow-up",
}  # fmt: skip
MONEY = {"amount": "80000.10", "currency": "CNY"}
CAUSE = {"category": "material", "cause": "来料 / Supplied material", "department": "质量管理部 / Quality management"}
ANSWERS: tuple[dict[str, Any], ...] = (
    {"terms": "credit", "limit": MONEY}, {"terms": "prepaid", "limit": None}, {"terms": "credit"}
)  # fmt: skip
SETTLED: tuple[dict[str, Any], ...] = (
    {"decision": "approve", "silence": False}, {"decision": "approve", "silence": True}, {"decision": "reject"},
    {"decision": "reject", "override": ["li", "wang"]}, {"decision": "send_back"},
    {"decision": "approve", "changed": {"limit": MONEY}},
)  # fmt: skip


class Invented:
    """A company's rows, none of them likely, all of them possible."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.of_approvals = random.Random(seed)
        self.codes = [f"{code}-2026-{n:05d}" for code in PROCESSES for n in range(12)]

    def at(self) -> datetime:
        return NOON + timedelta(hours=self.chance.randint(-2000, 2000), microseconds=self.chance.choice([0, 1]))

    def maybe(self, value: Any) -> Any:
        return value if self.chance.random() < 0.6 else None

    def rows(self) -> Iterator[object]:
        for code in self.codes:
            yield self.case(code)
            yield from self.journal(code)
            yield from self.written(code)
            yield from self.clocks(code)
            for n in range(3):
                yield from self.request(code, n)
            for n in range(3, 5):
                yield from self.approval(code, n)
        yield from self.customers()
        yield from self.suppliers()

    def case(self, code: str) -> CaseRow:
        process, kind = PROCESSES[code[:2]], self.chance.choice(["quality", "other"])
        status = self.chance.choice(["closed", "closed", "waiting", "cancelled"])
        about: dict[str, Any] = {"contact": {"email": self.maybe("li@x.example")}}
        about |= {"product": self.chance.choice(["", "水泵"])}
        about |= {"complaint": f"CP-2026-{self.chance.randint(0, 12):05d}"} if code.startswith("CF") else {}
        return case(
            code, process=process, status=status, owner=self.chance.choice(PEOPLE), opened_at=self.at(),
            closed_at=self.at() if status == "closed" else None,
            subject={"tier": self.chance.choice("AB"), "kind": kind} | about,
            outcome=self.chance.choice(["approved", "rejected", "done"]) if status == "closed" else None,
            requester=self.of_approvals.choice(PEOPLE),
        )  # fmt: skip

    def journal(self, code: str) -> Iterator[object]:
        answer = {"decision": "submit", "answer": self.chance.choice(ANSWERS)}
        made = [
            ("SV-7", "SV-7:recognition", "outcome", {"decision": "approve"}),
            ("ON-6", "ON-6:credit_request", "outcome", answer),
            ("SV-3", "SV-3:x", "step", {"result": 1}),
            ("CP-2", "CP-2:acknowledge", "step", {"result": "x"}),
            ("SV-4", "back:SV-4", "back", {"because": self.chance.choice(["", "图纸不全"]), "by": "li"}),
        ]
        for n, (rule, key, kind, value) in enumerate(self.chance.sample(made, self.chance.randint(0, 5))):
            for again in range(self.chance.randint(1, 2)):
                at = self.at()
                yield JournalEntry(code, 10 * n + again, 1 + again, rule, key, kind, value, at)
                if key == "CP-2:acknowledge":
                    yield self.letter(f"{code}/{again}", code, at)

    def letter(self, identity: str, code: str, at: datetime) -> Message:
        status, template = (
            self.chance.choice(["sent", "failed"]),
            self.chance.choice(["letter", "letter", "case_closed"]),
        )
        sent = self.at() if status == "sent" else None
        return Message(identity, code, template, "li@x.example", "zh", {}, status, identity, at, None, sent_at=sent)

    def written(self, code: str) -> Iterator[object]:
        values: dict[str, list[Any]] = {
            "ending": [{"reason": "供应商已认定 / recognised"}, {"reason": "禁用 / barred"}],
            "supplier_code": ["S-CP-0001"], "supplier_class": ["A", "B"], "customer_code": ["C-MA-0001"],
            "tier": ["A", "C"], "complete_at_first": [0, 62, 100], "duplicates_found": [0, 2],
            "severity": ["general", "urgent"], "reopened": [0, 1], "verdict": ["upheld", "not_upheld"],
            "cost": ["80.10 CNY"], "remedy": ["refund"], "satisfaction": [{"grade": 2}, {"grade": 5}],
            "cause_found": [CAUSE, CAUSE | {"category": "other", "cause": "其他 / Other"}],
            "merged_into": ["C-MA-0002"], "credit": list(ANSWERS), "promise": ["kept", "not_kept"],
        }  # fmt: skip
        for name, among in values.items():
            for again in range(self.chance.choice([0, 1, 1, 1, 2])):
                yield BusinessRow(code, name, 1 + again, self.chance.choice(among), self.at())

    def clocks(self, code: str) -> Iterator[object]:
        begun = self.at()
        for n, name in enumerate(("first_answer_clock", *["solution_clock"] * 3)):
            begun = self.maybe(begun) or self.at()
            status = self.chance.choice(["running", "stopped", "stopped", "superseded", "withdrawn"])
            yield CaseClock(
                f"{code}/{n}", code, name, "CP-3", 1 + n, begun, 24, begun + timedelta(hours=24), status,
                stopped_at=begun + timedelta(hours=self.chance.choice([5, 24, 30])) if status != "running" else None,
                paused_seconds=self.chance.choice([0, 3600]),
            )  # fmt: skip

    def request(self, code: str, n: int) -> Iterator[object]:
        identity, status = f"{code}-R{n}", self.chance.choice(["open", "decided", "lapsed", "superseded", "withdrawn"])
        among = ["CB-4:callback_record#2", "SV-7:recognition", "CB-4:promise_kept"] if n else []
        key = self.chance.choice(["CB-4:callback_record", *among])
        opened = self.at()
        settled = status in ("decided", "lapsed")
        yield Request(
            identity, code, self.chance.choice(["approval", "task", "documents", "timer"]), "SV-7",
            self.of_approvals.choice(["recognition", "recognition", "confirm_start"]), "认定 / Recognition", key,
            self.chance.randint(1, 1 + n), status, opened,
            due_at=self.maybe(opened + timedelta(hours=40)),
            closed_at=None if status == "open" else opened + timedelta(hours=self.chance.choice([20, 40, 60])),
            outcome=self.of_approvals.choice(SETTLED) if settled else None,
        )  # fmt: skip
        for person in self.chance.sample(PEOPLE, self.chance.randint(1, 2)):
            active, outside = status == "open", self.chance.random() < 0.3
            yield Assignee(
                identity, person, code, person, "", "zh", "n", f"{identity}{person}", opened, None, outside, active
            )
        for m in range(self.chance.randint(0, 2)):
            word, channel = self.chance.choice(["approve", "reject", "ask"]), self.chance.choice(["link", "silence"])
            by, counts = self.chance.choice(PEOPLE), self.chance.random() < 0.7
            evidence = self.of_approvals.choice([None, None, "DG-1"])
            yield Decision(identity, m, code, word, by, channel, counts, self.at(), evidence=evidence)
        if code.startswith("CP") and n == 0:
            yield Link(code, self.codes[36], self.chance.choice(["joined_to", "from_joined_to", "follow_up"]))
        if code.startswith("CB") and n == 0:
            yield Link(self.codes[12], code, self.chance.choice(["first_callback", "review"]))

    def approval(self, code: str, n: int) -> Iterator[object]:
        chance, identity = self.of_approvals, f"{code}-R{n}"
        at = NOON + timedelta(hours=chance.randint(-50, 50), seconds=chance.choice([0, 4, 12]))
        yield Request(
            identity, code, "approval", "ON-6", "credit", "信用 / Credit", "ON-6:credit", 1, "decided",
            at - timedelta(hours=chance.randint(1, 40)), closed_at=at, outcome=chance.choice(SETTLED),
        )  # fmt: skip
        for m in range(chance.randint(1, 2)):
            word, channel = chance.choice(["approve", "change", "send_back"]), chance.choice(["page", "link", "reply"])
            yield Decision(identity, m, code, word, chance.choice(PEOPLE), channel, chance.random() < 0.9, at)

    def customers(self) -> Iterator[object]:
        for n in range(12):
            code = f"C-MA-{n:04d}"
            yield Customer(
                code, f"客户{n}", f"c{n}", self.chance.choice(["active", "active", "blocked"]),
                self.chance.choice("ABC"), self.chance.choice(PEOPLE), self.at(), consents=self.chance.random() < 0.8,
                last_contact_at=self.maybe(self.at()), next_callback_at=self.maybe(self.at()),
            )  # fmt: skip
            for m in range(self.chance.randint(0, 2)):
                yield CustomerOrder(code, f"O{m}", self.at(), "100.00 CNY")
                kind, reached = self.chance.choice(["callback", "survey", "order"]), self.chance.random() < 0.7
                said = self.chance.choice([None, {}, {"satisfaction": None}, {"satisfaction": 2}, {"satisfaction": 5}])
                yield ContactMade(code, m, self.at(), kind, self.chance.choice(PEOPLE), reached, None, said)
            waits = self.chance.random() < 0.5
            yield DueCallback(code, self.chance.choice(PEOPLE), 1, self.at(), "round", "R", "1", self.at(), waits)
        yield ContactMade("C-XX-0001", 0, self.at(), "callback", "li", True, None, {"satisfaction": 4})

    def suppliers(self) -> Iterator[object]:
        for n in range(8):
            details: dict[str, Any] = {"owner": self.chance.choice(PEOPLE), "reason": '"expired: 免检'}
            details |= {"valid_until": "2026-05-01"} if n % 2 else {}
            details |= {"holds": self.chance.choice([[], ["reevaluation"], ["reevaluation", "expired:certificate"]])}
            yield Supplier(
                f"S-CP-{n:04d}", "component", f"供应商{n}", f"s{n}",
                self.chance.choice(["recognised", "on_hold", "barred"]), self.at(), None, self.chance.choice("AB"),
                None, self.chance.choice([details, details, None]),
            )  # fmt: skip
            for day in self.chance.sample(range(-90, 90), self.chance.randint(0, 3)):
                status = self.chance.choice(["recognised", "recognised", "on_hold", "barred"])
                since = NOON + timedelta(days=day)
                yield SupplierStanding(f"S-CP-{n:04d}", since, status, self.maybe(since + timedelta(days=30)))
        for n, named in enumerate(["S-CP-0001", "s2", "供应商3", "S-CP-0004", "路人"] * 8):
            amount = self.chance.choice(["100.10 CNY", "7.00 USD"])
            yield GoodsReceived(named, NOON + timedelta(days=self.chance.randint(-90, 90)), f"R{n}", "", "轴承", amount)
