"""The database's tables.

Times are UTC seconds. What is secret (the signing key, the values of a plan, the state of a
set-up, the seeds of an agreement) stands in one column of bytes each, sealed
(`sealed`, `vault`). No column could hold a reading: the provider never has one.
"""

from enum import StrEnum
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

type Seconds = Annotated[int, mapped_column(BigInteger)]
type Sealed = Annotated[bytes, mapped_column(LargeBinary)]


class AgreementState(StrEnum):
    """How far an agreement has come."""

    OFFERED = "offered"
    """Waiting for the household's transfer."""
    RUNNING = "running"
    """Takes reports."""
    REFUSED = "refused"
    """The household garbled something else than the policy."""
    STOPPED = "stopped"
    """Too many of its reports were refused."""
    ENDED = "ended"
    """Replaced by another agreement, or by another key of the household."""


class Role(StrEnum):
    """What an operator may do; each includes what stands before it."""

    VIEWER = "viewer"
    """Read results and how things stand."""
    OPERATOR = "operator"
    """Enrol households, create plans."""
    ADMIN = "admin"
    """Say who the operators are, read the audit log."""

    def includes(self, other: Role) -> bool:
        """Return whether whoever has this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class WindowState(StrEnum):
    """What a window came to."""

    CLAIMED = "claimed"
    """Taken by a report that was not answered yet."""
    BUCKET = "bucket"
    MISSING = "missing"
    DECLINED = "declined"
    """Asked on demand, more often than the household's owner allows."""
    REFUSED = "refused"


def _enum(kind: type[StrEnum]) -> Enum:
    """Store an enumeration by its values, as text."""
    return Enum(
        kind,
        native_enum=False,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """What the tables share: constraints with names, so that migrations find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        AgreementState: _enum(AgreementState),
        Role: _enum(Role),
        WindowState: _enum(WindowState),
    }


class ProviderRow(Base):
    """The one provider that this database belongs to."""

    __tablename__ = "provider"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    identity: Mapped[Sealed]
    created: Mapped[Seconds]
    era: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often the database was copied; numbers of results begin anew (`numbering`)."""


class PlanRow(Base):
    """A plan for one period; a renewal is another row with the same plan id."""

    __tablename__ = "plan"
    __table_args__ = (UniqueConstraint("plan_id", "start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(String(64))
    start: Mapped[Seconds]
    end: Mapped[Seconds]
    statement: Mapped[bytes]
    private_values: Mapped[Sealed]
    created: Mapped[Seconds]
    retired: Mapped[Seconds | None]
    """When the plan (all its periods) was retired."""


class PlanDraftRow(Base):
    """A plan that nobody is asked yet: not signed, and changed by doing it again."""

    __tablename__ = "plan_draft"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The plan's id."""
    document: Mapped[bytes]
    """The text that will be signed."""
    private_values: Mapped[Sealed]
    created: Mapped[Seconds]


class HouseholdRow(Base):
    """A household, with what it may show to prove itself."""

    __tablename__ = "household"

    id: Mapped[int] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(String(64), unique=True)
    plan_key: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_expires: Mapped[Seconds]
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    household_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    setups: Mapped[int]
    """Set-ups finished since the operator last allowed them."""
    blocked: Mapped[bool]
    created: Mapped[Seconds]


class AgreementRow(Base):
    """An agreement from its first message on, with all that its opening will need.

    Of a set-up that is finished stays what tells its last message from another.
    """

    __tablename__ = "agreement"
    # A row is some kilobytes: what a fleet is counted by stands in the indexes.
    __table_args__ = (
        Index(
            "ix_agreement_household_id_plan_key_state",
            "household_id",
            "plan_key",
            "state",
        ),
        Index(
            "ix_agreement_plan_key_state_confirmed_id",
            "plan_key",
            "state",
            "confirmed",
            "id",
        ),
    )

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household.id"))
    plan_key: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    state: Mapped[AgreementState]
    request: Mapped[bytes]
    setup: Mapped[Sealed | None]
    transfer_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    confirmation: Mapped[bytes | None]
    agreement: Mapped[Sealed | None]
    refusals: Mapped[int]
    created: Mapped[Seconds]
    confirmed: Mapped[Seconds | None]
    opened: Mapped[Seconds | None]
    """When the household first got what opens the provider's values."""


class WindowRow(Base):
    """A window's claim and its only answer; the key is what makes it the only one.

    PostgreSQL keeps the windows of each month in a partition of its own (`partitions`).
    """

    __tablename__ = "window_claim"
    __table_args__ = (
        Index("ix_window_claim_start_agreement_id", "start", "agreement_id"),
        {"postgresql_partition_by": "RANGE (start)"},
    )

    agreement_id: Mapped[bytes] = mapped_column(
        ForeignKey("agreement.id"), primary_key=True
    )
    kind: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    start: Mapped[Seconds] = mapped_column(primary_key=True)
    end: Mapped[Seconds]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[WindowState]
    outcome: Mapped[int | None]
    reply: Mapped[bytes | None]
    claimed: Mapped[Seconds]
    answered: Mapped[Seconds | None]
    number: Mapped[int | None] = mapped_column(BigInteger, index=True)
    """Of the transaction that answered it: the order of new results (`numbering`)."""


class AskRow(Base):
    """A question on demand to one household; the answer stands with its window.

    All of one asking have the same start, time and actor.
    """

    __tablename__ = "ask"
    __table_args__ = (Index("ix_ask_agreement_id_start", "agreement_id", "start"),)

    asking: Mapped[str] = mapped_column(String(32), primary_key=True)
    agreement_id: Mapped[bytes] = mapped_column(
        ForeignKey("agreement.id"), primary_key=True
    )
    start: Mapped[Seconds]
    """Of the window that is asked about."""
    created: Mapped[Seconds]
    expires: Mapped[Seconds] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80))


class OperatorRow(Base):
    """One of the provider's people, or a program of theirs."""

    __tablename__ = "operator"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role]
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """For signing in as a person; None for a program."""
    created: Mapped[Seconds]


class OperatorTokenRow(Base):
    """What an operator's program shows to prove itself."""

    __tablename__ = "operator_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires: Mapped[Seconds]
    created: Mapped[Seconds]


class OperatorSessionRow(Base):
    """Where an operator is signed in to the console."""

    __tablename__ = "operator_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    browser: Mapped[str] = mapped_column(String(80))
    """What the browser calls itself, for its owner to recognize."""
    created: Mapped[Seconds]
    seen: Mapped[Seconds]


class AuditRow(Base):
    """Something that one of the provider's people did; only ever added to."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[Seconds] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))


class WebhookRow(Base):
    """Where new results are sent, and how far that has come."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    secret: Mapped[Sealed]
    position: Mapped[str] = mapped_column(String(120))
    """Behind which result it goes on."""
    delivered: Mapped[Seconds | None]
    failures: Mapped[int]
    """Since the last delivery that succeeded."""
    failing_since: Mapped[Seconds | None]
    error: Mapped[str | None] = mapped_column(String(200))
    due: Mapped[Seconds]
    """Not tried before; a worker that delivers puts it ahead, to be alone."""
    disabled: Mapped[bool]
    created: Mapped[Seconds]
