"""Runs the versions on the connection that database/schema.py has opened and locked; there is no alembic.ini."""

from alembic import context

from crm_workflows.adapters.database.tables import METADATA

connection = context.config.attributes["connection"]
# Both databases take changes of tables back with the transaction; schema.py opens and commits it.
context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=False)
context.run_migrations()
