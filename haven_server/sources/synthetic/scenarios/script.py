"""What somebody does in a film of the demo world, step by step, in the words of a scenario's YAML. Data alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from haven_server.settings import Section

REFERENCE_PATTERN = r"^[^.\s]+\.[^.\s]+$"

Reference = Annotated[str, Field(pattern=REFERENCE_PATTERN)]
"""``room.door`` or ``room.mount``."""


class Range(Section):
    """From which span a run draws an amount."""

    from_: float = Field(alias="from", ge=0, le=3600)
    to: float = Field(ge=0, le=3600)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ > self.to:
            raise ValueError(f"from {self.from_:g} is over to {self.to:g}: exchange them")
        return self


def _as_range(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"from": value, "to": value}
    if isinstance(value, dict | Range):
        return value
    raise PydanticCustomError("amount", "wanted a number, or {from: NUMBER, to: NUMBER}")


Amount: TypeAlias = Annotated[Range, BeforeValidator(_as_range)]
"""A number, or a span that each seed draws another number from."""


class Brief(Section):
    """A section that may be written as its main key's value alone."""

    main_key: ClassVar[str | None] = None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if value is None:
            return {}
        if cls.main_key is not None and not isinstance(value, dict | Brief):
            return {cls.main_key: value}
        return value


class Clothes(Brief):
    """An outfit by its number; `shirt` puts one plain shirt over whatever it says."""

    main_key = "outfit"
    outfit: int = Field(ge=0, lt=1000)
    shirt: Literal["white", "black", "red", "blue", "green", "yellow"] | None = None


class Enter(Brief):
    """Come in through a door: at a time of the film, or so long after the step before."""

    main_key = "door"
    door: Reference
    at_s: Amount | None = None
    after_s: Amount | None = None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.at_s is not None and self.after_s is not None:
            raise ValueError("at_s and after_s are both given: keep one")
        return self


class Walk(Brief):
    """Walk from place to place."""

    main_key = "to"
    to: Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(lambda v: [v] if isinstance(v, str) else v)]


class Stand(Brief):
    """Stand somewhere, or where one is, and look at something."""

    main_key = "at"
    at: str | None = None
    for_s: Amount = Range.model_validate({"from": 2, "to": 2})
    facing: str | None = None


class Sit(Brief):
    """Walk to a seat and sit."""

    main_key = "seat"
    seat: str
    for_s: Amount


class Lie(Brief):
    """Walk to a bed and lie down."""

    main_key = "bed"
    bed: str
    for_s: Amount


class GetUp(Brief):
    """Stand up from a seat, a bed or the floor."""


class Fall(Brief):
    """Fall, and stay on the floor."""

    main_key = "direction"
    direction: Literal["forward", "backward", "left", "right"] = "forward"
    for_s: Amount


class Bend(Brief):
    """Bend down to the floor and rise again, as one does who picks something up."""


class Wave(Brief):
    """Wave a hand."""


class Reach(Brief):
    """Reach for something at the height of the head."""


class Kneel(Brief):
    """Go down on one knee, see to something on the floor, and rise: no fall, though it looks like one for a moment."""

    main_key = "for_s"
    for_s: Amount = Range.model_validate({"from": 5, "to": 5})


class Wait(Brief):
    """Stay as one is: for a while."""

    main_key = "seconds"
    seconds: Amount


class WaitUntil(Brief):
    """Stay as one is: until a time of the film; no time at all where that has passed."""

    main_key = "at_s"
    at_s: Amount


class Leave(Brief):
    """Walk to a door and out."""

    main_key = "door"
    door: Reference


class Travel(Brief):
    """Be on the way, off camera, and come in through another door."""

    main_key = "to"
    to: Reference
    takes_s: Amount


class Wear(Clothes):
    """Change clothes, off camera."""


Action: TypeAlias = (
    Enter
    | Walk
    | Stand
    | Sit
    | Lie
    | GetUp
    | Fall
    | Bend
    | Kneel
    | Wave
    | Reach
    | Wait
    | WaitUntil
    | Leave
    | Travel
    | Wear
)


class Step(Section):
    """One line of a script: exactly one of these keys."""

    enter: Enter | None = None
    walk: Walk | None = None
    stand: Stand | None = None
    sit: Sit | None = None
    lie: Lie | None = None
    get_up: GetUp | None = None
    fall: Fall | None = None
    bend: Bend | None = None
    kneel: Kneel | None = None
    wave: Wave | None = None
    reach: Reach | None = None
    wait_s: Wait | None = None
    wait_until_s: WaitUntil | None = None
    leave: Leave | None = None
    travel: Travel | None = None
    wear: Wear | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_key(cls, value: Any) -> Any:
        step = {value: {}} if isinstance(value, str) else value
        if not isinstance(step, dict) or len(step) != 1:
            raise PydanticCustomError("step", "wanted one step a line: {allowed}", {"allowed": ", ".join(STEPS)})
        return {word: {} if rest is None else rest for word, rest in step.items()}

    @property
    def action(self) -> Action:
        """The one thing this step is."""
        (word,) = self.model_fields_set
        action: Action = getattr(self, word)
        return action


STEPS: Sequence[str] = tuple(Step.model_fields)
"""The words a step may begin with."""
