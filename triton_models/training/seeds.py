"""Who and what is trained on, sets the thresholds, and is kept for the examination: ranges of seeds.

Scenarios draw their people and outfits from 100 000 000 on, so that nobody of them is ever trained on. The rooms of the
catalogue are not trained on either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Split:
    """Seeds of one share: person, outfit and room number i have the seed ``first + i``.

    Attributes:
        name: of its folder.
        first: seed.
    """

    name: str
    first: int


TRAINING: Final = Split("training", 1_000_000)
CALIBRATION: Final = Split("calibration", 5_000_000)
HELD_OUT: Final = Split("held-out", 9_000_000)
