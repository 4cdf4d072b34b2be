"""The outside world, one technology per file. It must not decide anything: rules live in the layers below.

In rooms of their own: the `database` and its migrations, `backups`, the company's `configuration`, `mail` to and from
servers, Prefect's `orchestration`, and `documents` (PDF, xlsx). Here stand what belongs to the process itself: the
clock, the server key, the bell that wakes threads, `files` that are written whole or not at all, and the child in which
strangers' files are read `apart`.
"""
