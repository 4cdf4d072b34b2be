"""The store on SQLite and PostgreSQL: tables, statements, commits. It must not know what a row means to people."""
