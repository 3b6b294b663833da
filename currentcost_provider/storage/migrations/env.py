"""What Alembic runs: the migrations, on the connection that it is given."""

from alembic import context

from currentcost_provider.storage.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
