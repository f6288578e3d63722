"""A film of the demo world: cameras, people and what each of them does, as a short YAML says it. Data alone.

Reading and checking the file is `scenario_file`'s part; whether the script can be played is `rehearsal`'s.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from haven_server.settings import CAMERA_ID_PATTERN, Section
from haven_server.sources.synthetic.scenarios.script import Amount, Clothes, Range, Reference, Step

NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_-]*$"


class PersonPlan(Section):
    """`people[]`: who plays, in which clothes, and what they do."""

    name: str = Field(min_length=1, max_length=40)
    person: Annotated[int, Field(ge=0, lt=500)] | Literal["stranger"] | None = None
    look_alike_of: str | None = None
    outfit: Clothes | None = None
    pace: Amount = Range.model_validate({"from": 1.15, "to": 1.25})
    script: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if (self.person is None) == (self.look_alike_of is None):
            raise ValueError("wanted either person (a number, or stranger) or look_alike_of (a name)")
        return self


class CameraPlan(Section):
    """`cameras[]`: a mount of a room, as a camera of the film."""

    id: str = Field(min_length=1, max_length=64, pattern=CAMERA_ID_PATTERN)
    name: str = Field("", max_length=200)
    mount: Reference

    @property
    def room(self) -> str:
        """The room's name."""
        return self.mount.partition(".")[0]


class Scenario(Section):
    """A whole film: the same scenario with the same seed is the same film, to the byte.

    Attributes:
        seed: over 0, everybody is played by somebody else, in other clothes, at other times within the spans given.
    """

    name: str = Field(min_length=1, max_length=64, pattern=NAME_PATTERN)
    about: str = Field(min_length=1, max_length=200)
    seed: int = Field(0, ge=0, lt=1_000_000)
    fps: float = Field(15.0, ge=1, le=60)
    duration_s: float = Field(gt=0, le=3600)
    cameras: tuple[CameraPlan, ...] = Field(min_length=1)
    people: tuple[PersonPlan, ...] = Field(min_length=1, max_length=250)

    @property
    def frame_count(self) -> int:
        """Pictures that each camera takes."""
        return max(1, round(self.duration_s * self.fps))

    def camera(self, camera_id: str) -> CameraPlan:
        """Return one camera.

        Raises:
            KeyError: no camera has this id.
        """
        return {camera.id: camera for camera in self.cameras}[camera_id]
