"""How a tracklet compares with those who are known: what the gallery tells the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from haven_core.search import Scores, Standing
from haven_server.reid.fusion import SIGNALS
from haven_server.types import Modality

CANNOT_LINK = "cannot_link"
"""Why an identity is kept out: it was seen in the same picture, elsewhere in it."""
TRAVEL_TIME = "travel_time"
"""Why an identity is kept out: it was seen where nobody can come from in so short a time."""
FACE_DISAGREES = "face_disagrees"
"""Why an identity is kept out: both faces are usable and clearly differ."""
OWN_VIEWS = "own_views"
"""Why an identity is kept out: it knows no face but that of the track in question, which proves nothing."""
SAME_PERSON = "same_person"
"""Why an identity is kept out: the question is who else is the same person, and this one is or may be."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One identity beside a tracklet.

    Attributes:
        similarities: cosine of the best prototype in each signal that both sides have.
        fused: weighted mean over those signals, moving averages included.
    """

    global_id: int
    similarities: Mapping[Modality, float]
    fused: float

    @classmethod
    def of(cls, scores: Scores) -> Candidate:
        """Read what the prototype bank found."""
        pairs = zip(SIGNALS, scores.similarities, strict=True)
        return cls(scores.global_id, {modality: value for modality, value in pairs if value is not None}, scores.fused)


@dataclass(frozen=True, slots=True)
class Gate:
    """Who stands before one signal's gate; identities kept out stand nowhere.

    Attributes:
        passed: True when ``best`` passed.
        best: the most similar of those who passed, else of all; None when nobody can be compared.
        other: the most similar of the rest, whether or not it passed; None when that is further behind ``best`` than
            the gate reaches.
    """

    passed: bool
    best: Candidate | None
    other: Candidate | None

    @classmethod
    def of(cls, standing: Standing) -> Gate:
        """Read what the prototype bank found."""
        best, other = (None if scores is None else Candidate.of(scores) for scores in (standing.best, standing.other))
        return cls(standing.passed, best, other)

    def rival_of(self, candidate: Candidate) -> Candidate | None:
        """Return the most similar identity that is not this one, as far as the gate tells."""
        return self.other if self.best is None or self.best.global_id == candidate.global_id else self.best


@dataclass(frozen=True, slots=True)
class Comparison:
    """A tracklet beside the whole gallery.

    Attributes:
        hand_over: the one identity that may just have come by a linked way or be back, None without.
        vetoed: identities kept out, with the reason.
        considered: how many identities were compared.
        known: signals in which the gallery remembers anybody.
    """

    gates: Mapping[Modality, Gate]
    hand_over: Candidate | None
    vetoed: Mapping[int, str]
    considered: int
    known: frozenset[Modality]
