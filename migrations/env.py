"""What Alembic runs: our metadata, on the connection that :mod:`archiver.migrate` hands over."""

from __future__ import annotations

from alembic import context

from archiver.migrate import include_name, metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run inside `archiver serve` and the other commands, not through `alembic`")

context.configure(
    connection=connection,
    target_metadata=metadata(),
    include_name=include_name,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    user_module_prefix=None,
)
context.run_migrations()
