"""Small configuration texts without a mistake, which the tests then spoil one line at a time."""

PEOPLE = """\
departments: {materials: 资材部 / Materials}
roles: {buyer: 采购员 / Buyer, head: 部长 / Head}
people:
  - email: Head@a.example
    name: 李
    department: materials
    roles: [head]
  - email: buyer@a.example
    name: 王
    department: materials
    roles: [buyer]
    manager: head@a.example
"""
POLICY = """\
criteria_weights:
  cost: 60
  cooperation: 40
pass_mark: 60
recognition_due: 2
recognition_finance_above: 1,000,000.00 CNY
growth: 1.25
approve_on_silence: false
greeting: "12"
"""
CALENDAR = """\
zone: Asia/Shanghai
office_hours:
  monday: [08:30-12:00, 13:00-17:30]
  sunday: closed
holidays: CN
overrides:
  - date: 2026-03-02
    to: 2026-03-09
    hours: [09:00-10:00]
  - {date: 2026-03-15, hours: open}
  - {date: 2026-03-16, hours: closed, note: 停电 / power cut}
"""
