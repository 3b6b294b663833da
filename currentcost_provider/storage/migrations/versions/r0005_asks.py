"""Questions on demand."""

from alembic import op
import sqlalchemy as sa

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "ask",
        sa.Column("asking", sa.String(length=32), nullable=False),
        sa.Column("agreement_id", sa.LargeBinary(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name=op.f("fk_ask_agreement_id_agreement"),
        ),
        sa.PrimaryKeyConstraint("asking", "agreement_id", name=op.f("pk_ask")),
    )
    op.create_index(op.f("ix_ask_agreement_id_start"), "ask", ["agreement_id", "start"])
    op.create_index(op.f("ix_ask_expires"), "ask", ["expires"])
