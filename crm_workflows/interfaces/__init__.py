"""Where people and machines come in: commands, pages, mailbox. It must not hold rules or SQL.

In rooms of their own: the commands of `cli`, the pages and the API of `web`, the roles of `crmw up` in `up`, and the
check of mail servers in `mail_check`. Prefect comes in by `prefect_entry`, `make demo` is `demo` and its company.
"""
