"""What the service's own role may do in PostgreSQL: its work, and no more.

It answers households, and does what operators may do over the interface. The role
that owns the tables (it runs `init` and `migrate`) is another one. What is signed, what
a window came to and what happened can't be changed by the service; it can erase a
household with all its windows, and nothing of the audit log.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

_GRANTS: Final = {
    "agreement": "SELECT, INSERT, UPDATE, DELETE",
    "alembic_version": "SELECT",
    "ask": "SELECT, INSERT, DELETE",
    "audit": "SELECT, INSERT",
    "household": (
        "SELECT, INSERT, DELETE, UPDATE (plan_key, password_hash, password_expires,"
        " token_hash, household_key, setups, blocked)"
    ),
    "operator": "SELECT, INSERT, DELETE, UPDATE (role, password_hash)",
    "operator_session": "SELECT, INSERT, DELETE, UPDATE (seen)",
    "operator_token": "SELECT, INSERT, DELETE",
    "plan": "SELECT, INSERT, UPDATE (retired)",
    "plan_draft": "SELECT, INSERT, DELETE",
    "provider": "SELECT",
    "webhook": (
        "SELECT, INSERT, DELETE, UPDATE (position, delivered, failures, failing_since,"
        " error, due, disabled)"
    ),
    "window_claim": (
        "SELECT, INSERT, DELETE, UPDATE (state, outcome, reply, answered, number)"
    ),
}
_SEQUENCES: Final = (
    "audit",
    "household",
    "operator",
    "operator_session",
    "operator_token",
    "plan",
)
"""Tables with ids that count."""


def statements(role: str) -> list[str]:
    """Return the statements that give a role what the service needs, and only that."""
    name = '"' + role.replace('"', '""') + '"'
    tables = ", ".join(f'"{table}"' for table in _GRANTS)
    return [
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"REVOKE ALL ON {tables} FROM {name}",
        *(
            f'GRANT {rights} ON "{table}" TO {name}'
            for table, rights in _GRANTS.items()
        ),
        *(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {name}" for table in _SEQUENCES),
        f"GRANT EXECUTE ON FUNCTION add_window_partition TO {name}",
    ]


async def grant(connection: AsyncConnection, role: str) -> None:
    """Give a role what the service needs."""
    for statement in statements(role):
        await connection.exec_driver_sql(statement)
