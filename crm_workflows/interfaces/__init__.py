"""Where people and machines come in: commands, pages, mailbox. It must not hold rules or SQL."""
