"""Of finished set-ups, the digest of their last message instead of all messages."""

from hashlib import sha256

from alembic import op
import sqlalchemy as sa

revision = "0006"
down_revision = "0005"

_AGREEMENT = sa.table(
    "agreement",
    sa.column("id", sa.LargeBinary),
    sa.column("setup", sa.LargeBinary),
    sa.column("open_setup", sa.LargeBinary),
    sa.column("transfer", sa.LargeBinary),
    sa.column("transfer_digest", sa.LargeBinary),
)
_ROWS = 500


def upgrade() -> None:
    """Replace what was kept; in SQLite a column that may be empty takes another's place."""
    op.add_column("agreement", sa.Column("open_setup", sa.LargeBinary(), nullable=True))
    op.add_column(
        "agreement",
        sa.Column("transfer_digest", sa.LargeBinary(length=32), nullable=True),
    )
    table, connection = _AGREEMENT.c, op.get_bind()
    connection.execute(
        sa.update(_AGREEMENT)
        .where(table.transfer.is_(None))
        .values(open_setup=table.setup)
    )
    finished = sa.select(table.id, table.transfer).where(
        table.transfer.is_not(None), table.transfer_digest.is_(None)
    )
    while rows := connection.execute(finished.limit(_ROWS)).all():
        for key, transfer in rows:
            connection.execute(
                sa.update(_AGREEMENT)
                .where(table.id == key)
                .values(transfer_digest=sha256(transfer).digest())
            )
    op.drop_column("agreement", "transfer")
    op.drop_column("agreement", "setup")
    op.execute("ALTER TABLE agreement RENAME COLUMN open_setup TO setup")
