"""Durable execution of procedures over ports. It must not import adapters, settings or interfaces.

Here stands what a procedure is made of: `case` (its verbs), `procedure`, `steps`, `journal`, and the `ports`. In rooms
of their own: `running` cases, the `requests` they make of people, the `decisions` people take, `mail_in`, `mail_out`,
`digests`, the `record` an auditor reads, `erasing` from it, who speaks in `access`, and the `views` of all that.
"""
