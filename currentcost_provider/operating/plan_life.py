"""A plan's life: drafted, put into force, renewed, retired.

A draft is stored and nothing more: it isn't signed, no household is enrolled for it, and
it can be thrown away. Putting it into force signs it, for good. A retired plan takes no
new household, agreement or period; agreements that run go on to the end of the period,
as they were promised, and are opened then.

Other thresholds are another plan, that people have to agree to. Retiring a plan for a
successor asks the households for that one from then on; each agrees anew, and until it
does its agreement on the old plan goes on.
"""

from collections.abc import Callable
import time
from typing import Final

from currentcost_exchange import (
    Plan,
    ProviderIdentity,
    ProviderValues,
)
from currentcost_exchange.library import Template
from sqlalchemy import (
    delete,
    func,
    select,
    update,
)

from ..plans import UnfitPlan, drafted_plan, renewed_plan
from ..refusals import Taken, Unknown
from ..storage.audit import entry
from ..storage.database import Database
from ..storage.models import (
    HouseholdRow,
    PlanDraftRow,
    PlanRow,
)
from ..storage.registry import Exists, Registry, periods
from ..storage.sealed import open_draft, seal_draft
from .plan_orders import PlanOrder, shipped, wanted_of
from .plan_views import PlanView, draft_view, is_open, signed_view, statement_of

MOST_DRAFTS: Final = 100


class PlanLife:
    """What becomes of plans. `actor` is who did it, for the audit log."""

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time
    ) -> None:
        """Use a database that was brought up to date."""
        self._database = database
        self._registry = Registry(database)
        self._clock = clock

    async def create(
        self,
        order: PlanOrder,
        *,
        actor: str,
        find: Callable[[str], Template] = shipped,
    ) -> PlanView:
        """Make a plan, or a draft of one in place of the draft before.

        Raises:
            Taken: there is a plan of this id.
            UnfitPlan: what is wrong with it.
        """
        provider, identity = await self._provider()
        plan, values = drafted_plan(
            **wanted_of(order, provider=provider, now=self._clock(), find=find)
        )
        if order.draft:
            return await self._keep_draft(plan, values, actor)
        return await self._sign(plan, values, identity, actor, "plan.create")

    async def activate(self, plan_id: str, *, actor: str) -> PlanView:
        """Sign a draft: it can be asked from then on, and changed never more.

        Raises:
            Unknown: there is no such draft.
            UnfitPlan: its period is over.
        """
        async with self._database.read() as session:
            draft = await session.get(PlanDraftRow, plan_id)
        if draft is None:
            raise Unknown("draft", plan_id)
        plan = Plan.from_json(draft.document)
        if plan.end <= self._now():
            raise UnfitPlan(f"The period of the draft {plan_id} is over: make another.")
        values = open_draft(self._database.vault, draft)
        _, identity = await self._provider()
        return await self._sign(plan, values, identity, actor, "plan.activate")

    async def discard(self, plan_id: str, *, actor: str) -> None:
        """Throw a draft away.

        Raises:
            Unknown: there is no such draft.
        """
        query = delete(PlanDraftRow).where(PlanDraftRow.id == plan_id)
        async with self._database.write() as session:
            found = await session.scalar(query.returning(PlanDraftRow.id))
            if found is None:
                raise Unknown("draft", plan_id)
            session.add(entry(actor, "plan.discard", plan_id, self._now()))

    async def renew(self, plan_id: str, *, days: int | None, actor: str) -> PlanView:
        """Sign a plan's next period, on the same values.

        Raises:
            Taken: it is retired, or was renewed meanwhile.
            Unknown: there is no such plan.
            UnfitPlan: households could not go on with it by themselves.
        """
        row = await self.latest(plan_id)
        if row.retired is not None:
            raise Taken(f"The plan {plan_id} is retired.")
        _, identity = await self._provider()
        statement, values = renewed_plan(
            identity, statement_of(row), self._registry.values(row), days=days
        )
        note = entry(actor, "plan.renew", plan_id, self._now())
        try:
            await self._registry.add_plan(statement, values, self._now(), note=note)
        except Exists:
            raise Taken(f"The plan {plan_id} was renewed meanwhile.") from None
        return signed_view(await self.latest(plan_id), statement, self._now())

    async def retire(self, plan_id: str, *, successor: str | None, actor: str) -> int:
        """Retire a plan; ask its households for the successor, and return how many.

        Raises:
            Taken: the successor is the plan itself, retired or over.
            Unknown: there is no such plan.
        """
        await self.latest(plan_id)
        following = None
        if successor is not None:
            following = await self.latest(successor)
            if successor == plan_id or not is_open(following, self._now()):
                raise Taken(
                    f"The plan {successor} can't succeed: it is the same, retired or"
                    " over."
                )
        subject = plan_id if following is None else f"{plan_id} for {successor}"
        moved = 0
        async with self._database.write() as session:
            await session.execute(
                update(PlanRow)
                .where(PlanRow.plan_id == plan_id, PlanRow.retired.is_(None))
                .values(retired=self._now())
            )
            if following is not None:
                keys = select(PlanRow.id).where(PlanRow.plan_id == plan_id)
                count = select(func.count()).select_from(HouseholdRow)
                of_plan = HouseholdRow.plan_key.in_(keys)
                moved = await session.scalar(count.where(of_plan)) or 0
                await session.execute(
                    update(HouseholdRow).where(of_plan).values(plan_key=following.id)
                )
            session.add(entry(actor, "plan.retire", subject, self._now()))
        return moved

    async def all(self, *, readable_only: bool = False) -> list[PlanView]:
        """Return drafts, then all periods of plans, the oldest first.

        Raises:
            UnfitPlan: one is of another version, unless these are left out.
        """
        async with self._database.read() as session:
            drafts = (
                await session.scalars(select(PlanDraftRow).order_by(PlanDraftRow.id))
            ).all()
        views = [draft_view(Plan.from_json(row.document)) for row in drafts]
        for row in await self._registry.plans():
            try:
                views.append(signed_view(row, statement_of(row), self._now()))
            except UnfitPlan:
                if not readable_only:
                    raise
        return views

    async def one(self, plan_id: str) -> tuple[PlanView, ProviderValues]:
        """Return a plan's latest period, or its draft, with the values.

        Raises:
            Unknown: there is neither.
        """
        async with self._database.read() as session:
            draft = await session.get(PlanDraftRow, plan_id)
        if draft is not None:
            values = open_draft(self._database.vault, draft)
            return draft_view(Plan.from_json(draft.document)), values
        row = await self.latest(plan_id)
        return signed_view(row, statement_of(row), self._now()), self._registry.values(
            row
        )

    async def latest(self, plan_id: str) -> PlanRow:
        """Return the latest period of a plan in or out of force; raise Unknown."""
        row = await self._registry.plan_named(plan_id)
        if row is None:
            raise Unknown("plan", plan_id)
        return row

    async def in_force(self, plan_id: str) -> PlanRow:
        """Return the period that has begun last, before the first one that.

        Raises:
            Unknown: there is no such plan.
        """
        begun = periods(plan_id).where(PlanRow.start <= self._now()).limit(1)
        async with self._database.read() as session:
            row: PlanRow | None = await session.scalar(begun)
        return row or await self.latest(plan_id)

    async def _keep_draft(
        self, plan: Plan, values: ProviderValues, actor: str
    ) -> PlanView:
        if await self._registry.plan_named(plan.plan_id) is not None:
            raise _exists(plan.plan_id)
        async with self._database.write() as session:
            await session.execute(
                delete(PlanDraftRow).where(PlanDraftRow.id == plan.plan_id)
            )
            count = select(func.count()).select_from(PlanDraftRow)
            if (await session.scalar(count) or 0) >= MOST_DRAFTS:
                raise Taken(f"There are {MOST_DRAFTS} drafts: discard some.")
            session.add(
                PlanDraftRow(
                    id=plan.plan_id,
                    document=plan.to_json(),
                    private_values=seal_draft(
                        self._database.vault, plan.plan_id, values
                    ),
                    created=self._now(),
                )
            )
            session.add(entry(actor, "plan.draft", plan.plan_id, self._now()))
        return draft_view(plan)

    async def _sign(
        self,
        plan: Plan,
        values: ProviderValues,
        identity: ProviderIdentity,
        actor: str,
        action: str,
    ) -> PlanView:
        statement = identity.sign_plan(plan)
        note = entry(actor, action, plan.plan_id, self._now())
        if await self._registry.plan_named(plan.plan_id) is not None:
            raise _exists(plan.plan_id)
        try:
            await self._registry.add_plan(statement, values, self._now(), note=note)
        except Exists:
            raise _exists(plan.plan_id) from None
        return signed_view(await self.latest(plan.plan_id), statement, self._now())

    async def _provider(self) -> tuple[str, ProviderIdentity]:
        row = await self._registry.provider()
        if row is None:
            raise Taken(
                "The database has no provider yet: run `currentcost-provider init`."
            )
        return row.name, self._registry.identity(row)

    def _now(self) -> int:
        return int(self._clock())


def _exists(plan_id: str) -> Taken:
    return Taken(
        f"There is a plan {plan_id} already. Its statement is signed and can't be"
        " changed: choose another id."
    )
