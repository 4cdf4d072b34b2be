"""The pages and the HTTP interface: server-rendered, without scripts, on loopback until people can sign in.

`app` puts it together. Before a page stand `guard` (limits, headers), `wall` and `access` (who signed in may open
what), `form_keys` (CSRF). A request is reached by `doors` and `answer_routes`; what it shows is in `request_pages`,
`task_pages`, `paper_pages`. Each other `…_pages` is what its name says; `rendering`, `forms`, `form_values` and `words`
are what they share. Programs speak to `api`; those who watch, to `watching`.
"""
