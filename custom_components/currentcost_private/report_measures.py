"""What a plan asks a household to measure, as metering records it."""

from .exchange import Plan
from .metering import Quantity, Recipe, Recorder, Take


def recipes_of(plan: Plan) -> tuple[Recipe, ...]:
    """Return a recipe for each of the household's inputs."""
    return tuple(
        Recipe(
            quantity=Quantity(item.measure),
            take=Take(item.take),
            count=item.count,
            zone=plan.schedule.tzinfo,
            hours=item.hours,
            bands=item.bands,
        )
        for item in plan.question.household
    )


def recorder_of(plan: Plan, checkpoint: dict[str, object] | None) -> Recorder:
    """Return a recorder of the plan's windows that goes on from a checkpoint if it can."""

    def window_at(time: float) -> tuple[int, int]:
        window = plan.schedule.window_at(time)
        return window.start, window.end

    recipes, part = recipes_of(plan), plan.schedule.part
    if checkpoint is not None:
        try:
            return Recorder.from_dict(
                checkpoint, part=part, recipes=recipes, window_at=window_at
            )
        except ValueError:
            # Another version's: what it held of the window in progress is lost.
            pass
    return Recorder(part=part, recipes=recipes, window_at=window_at)
