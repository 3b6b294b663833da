"""Indexes for fleets of thousands, chosen also by a database without statistics."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Put the indexes in place of those that they begin with."""
    op.drop_index(op.f("ix_agreement_household_id"), "agreement")
    op.create_index(
        "ix_agreement_household_id_plan_key_state",
        "agreement",
        ["household_id", "plan_key", "state"],
    )
    op.drop_index(op.f("ix_agreement_plan_key"), "agreement")
    op.create_index(
        "ix_agreement_plan_key_state_confirmed_id",
        "agreement",
        ["plan_key", "state", "confirmed", "id"],
    )
    op.create_index(
        "ix_window_claim_start_agreement_id",
        "window_claim",
        ["start", "agreement_id"],
    )
