"""What can't be done, in words for people: the same ones on the command line and beyond."""


class Refusal(Exception):
    """Something that can't be done; says why."""


class Unknown(Refusal):
    """There is nothing of this name.

    Attributes:
        kind: of what there is none ("household", "plan", ...).
    """

    def __init__(self, kind: str, name: str) -> None:
        """Say of what there is none."""
        super().__init__(f"There is no {kind} {name}.")
        self.kind = kind


class Taken(Refusal):
    """It doesn't go with how things stand."""


class Unfit(Refusal):
    """What is wanted can't be, however things stand."""
