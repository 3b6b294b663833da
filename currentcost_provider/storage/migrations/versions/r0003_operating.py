"""Plans' lives, the order of new results, and where these are sent."""

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"

_ADD_PARTITION = """
CREATE FUNCTION add_window_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF month <> date_trunc('month', month)
     OR month NOT BETWEEN '1970-01-01' AND '2200-12-01' THEN
    RAISE EXCEPTION 'not a month';
  END IF;
  EXECUTE format(
    'CREATE TABLE IF NOT EXISTS %I PARTITION OF window_claim'
    ' FOR VALUES FROM (%s) TO (%s)',
    'window_claim_' || to_char(month, 'YYYY_MM'),
    extract(epoch FROM month::timestamp)::bigint,
    extract(epoch FROM (month + interval '1 month')::timestamp)::bigint
  );
END $$
"""
"""For a role that owns no table: months of windows, and nothing else."""


def upgrade() -> None:
    """Create tables, columns, indexes, and the function that adds partitions."""
    op.create_table(
        "plan_draft",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("private_values", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.String(length=120), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.add_column(
        "provider",
        sa.Column("era", sa.Integer(), server_default="0", nullable=False),
    )
    op.add_column("plan", sa.Column("retired", sa.BigInteger(), nullable=True))
    op.add_column("window_claim", sa.Column("number", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_window_claim_number"), "window_claim", ["number"])
    op.create_index(op.f("ix_agreement_plan_key"), "agreement", ["plan_key"])
    op.create_index(op.f("ix_household_plan_key"), "household", ["plan_key"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_ADD_PARTITION)
        op.execute("REVOKE ALL ON FUNCTION add_window_partition FROM PUBLIC")
