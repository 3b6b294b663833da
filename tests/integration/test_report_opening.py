"""After the period the provider shows what it asked with, or a person is told."""

from collections.abc import Callable
from dataclasses import replace
import sqlite3

from currentcost_exchange.opening import Opening
import pytest

from currentcost_provider.plans import unpack_values
from currentcost_provider.storage.sealed import VALUES, open_agreement
from currentcost_provider.storage.vault import KeyFile, Vault
from homeassistant.helpers import issue_registry as ir

from .household import Household
from .line import Answer, Line

pytestmark = pytest.mark.usefixtures("socket_enabled")

HOUR, DAY = 3600, 86_400


def opening_of(household: Household) -> Opening:
    """Return what the provider will send: its own clock is not there yet."""
    path = household.provider.database
    vault = Vault(KeyFile(path.with_suffix(".keys")))
    with sqlite3.connect(path) as database:
        ((agreement_id, agreement, plan, values),) = database.execute(
            "SELECT agreement.id, agreement, plan.id, private_values FROM agreement"
            " JOIN plan ON plan.id = plan_key"
        )
    held = open_agreement(vault, agreement_id, agreement)
    opened = unpack_values(vault.open(VALUES.place(plan), values))
    message = held.opening(opened)
    return Opening.from_bytes(message, held.statement.plan)


def with_opening(opening: Opening) -> Callable[[Answer], Answer]:
    """Return an answer that opens."""
    return lambda _answer: (200, opening.to_bytes())


def shown(issues: ir.IssueRegistry) -> set[str]:
    return {str(issue.translation_key) for issue in issues.issues.values()}


def asked(line: Line) -> int:
    """Return how often the opening was asked for."""
    return sum(heard.endswith(b"/opening") for heard in line.heard)


async def async_end(household: Household) -> None:
    """Go to the end of the period."""
    end = household.reporter.statement.plan.end
    await household.async_pass(end - household.now)


async def async_until_shown(
    household: Household, issues: ir.IssueRegistry, key: str
) -> None:
    """Let hours pass until an issue is shown."""
    for _ in range(4):
        await household.async_pass(HOUR)
        for _ in range(100):
            await household.async_pass(0)
            if key in shown(issues):
                return
    raise AssertionError(shown(issues))


async def test_opened(
    household: Household, line: Line, issue_registry: ir.IssueRegistry
) -> None:
    await household.async_agree()
    opening = opening_of(household)
    await household.async_pass(DAY)
    assert asked(line) == 0
    await async_end(household)
    await household.async_pass(HOUR)
    await household.async_until(lambda: asked(line) == 1)
    assert shown(issue_registry) - {"provider_gone"} == {"period_over"}

    line.tampers["opening"] = with_opening(opening)
    await async_until_shown(household, issue_registry, "opened")
    (issue,) = (
        issue
        for issue in issue_registry.issues.values()
        if issue.translation_key == "opened"
    )
    assert issue.severity is ir.IssueSeverity.WARNING
    assert issue.translation_placeholders == {
        "report": "Example Energy",
        "values": "1000 W, 2000 W, 3000 W",
    }
    # It is asked for once, and known after a restart.
    before = asked(line)
    ir.async_delete_issue(household.hass, issue.domain, issue.issue_id)
    await household.async_restart()
    await household.async_pass(DAY)
    assert asked(line) == before
    await household.async_until(lambda: "opened" in shown(issue_registry))


async def test_opened_falsely(
    household: Household, line: Line, issue_registry: ir.IssueRegistry
) -> None:
    await household.async_agree()
    opening = opening_of(household)
    other = replace(opening.values, values=(1000, 2000, 3001))
    line.tampers["opening"] = with_opening(replace(opening, values=other))
    await async_end(household)
    await async_until_shown(household, issue_registry, "false_opening")
    assert "opened" not in shown(issue_registry)


async def test_not_opened(
    household: Household, line: Line, issue_registry: ir.IssueRegistry
) -> None:
    await household.async_agree()
    opening = opening_of(household)
    await async_end(household)
    await household.async_pass(13 * DAY)
    await household.async_pass(HOUR)
    assert shown(issue_registry) - {"provider_gone"} == {"period_over"}
    await household.async_pass(DAY)
    await async_until_shown(household, issue_registry, "not_opened")

    line.tampers["opening"] = with_opening(opening)
    await async_until_shown(household, issue_registry, "opened")
    assert "not_opened" not in shown(issue_registry)
