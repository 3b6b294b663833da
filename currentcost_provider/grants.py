"""What the service's own role may do in PostgreSQL: answer households, no more.

The role that owns the tables (it runs `init`, `migrate`, `plan create`) is another
one. What is signed and what happened can't be changed or deleted by the service: of
the agreements only those that no window refers to.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

_READ_ONLY: Final = (
    "alembic_version",
    "operator",
    "operator_token",
    "plan",
    "provider",
)
_GRANTS: Final = {
    "agreement": "SELECT, INSERT, UPDATE, DELETE",
    "audit": "SELECT, INSERT",
    "household": (
        "SELECT, UPDATE (password_hash, token_hash, household_key, setups, blocked)"
    ),
    "window_claim": "SELECT, INSERT, UPDATE (state, outcome, reply, answered)",
    **dict.fromkeys(_READ_ONLY, "SELECT"),
}


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
        f"GRANT USAGE ON SEQUENCE audit_id_seq TO {name}",
    ]


async def grant(connection: AsyncConnection, role: str) -> None:
    """Give a role what the service needs."""
    for statement in statements(role):
        await connection.exec_driver_sql(statement)
