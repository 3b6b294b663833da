"""What the console's pages work with."""

from dataclasses import dataclass

from ..operating.fleet_details import FleetDetails
from ..operating.sessions import Sessions
from ..service import Service
from ..storage.audit import entry
from ..storage.models import AuditRow
from ..storage.registry import Registry
from .door import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The service, who is signed in, and who may come in."""

    service: Service
    sessions: Sessions
    door: Door
    details: FleetDetails
    registry: Registry

    @classmethod
    def of(cls, service: Service) -> Desk:
        """Return the desk of a service."""
        database = service.database
        return cls(
            service=service,
            sessions=Sessions(database),
            door=Door(),
            details=FleetDetails(database, service.now),
            registry=Registry(database),
        )

    def now(self) -> int:
        """Return the time in UTC seconds."""
        return self.service.now()

    def note(self, actor: str, action: str, subject: str) -> AuditRow:
        """Return the audit log's entry for a deed, to be stored with it."""
        return entry(actor, action, subject, self.now())

    async def remember(self, actor: str, action: str, subject: str) -> None:
        """Write to the audit log what changes nothing else."""
        await self.service.audit.add(actor, action, subject, self.now())

    async def plan_ids(self) -> list[str]:
        """Return the ids of all plans but drafts, the newest first."""
        views = await self.service.plans.all(readable_only=True)
        ids = [view.plan.plan_id for view in reversed(views) if view.statement]
        return list(dict.fromkeys(ids))
