"""Judge who was taken for whom: Passage -> Verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any

from haven_server.evaluation.passages import Passage


class Fault(Enum):
    """How a track can be wrong."""

    FALSE_MATCH = "false_match"  # its id belongs to another person
    SPLIT = "split"  # its id is a further one of the same person
    GONE_OVER = "gone_over"  # it began on one person and went on with another
    NOBODY = "nobody"  # it is on nobody


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that went wrong, at one track.

    Attributes:
        cause: the track whose id was wrongly decided: FALSE_MATCH: that by which the second of the two came to the id;
            the track itself otherwise.
        other: FALSE_MATCH: whose id it is; GONE_OVER: whom it followed, too; None otherwise.
        expected_id: SPLIT: the id that the person has elsewhere; None otherwise.
    """

    fault: Fault
    passage: Passage
    cause: Passage
    other: int | None = None
    expected_id: int | None = None

    def sentence(self, names: Mapping[int, str]) -> str:
        """Say what went wrong.

        Args:
            names: of people, by the truth's global id; somebody without one is called by number.
        """
        passage = self.passage
        where = f"camera {passage.camera_id}, {passage.from_s:.1f} to {passage.to_s:.1f} s"
        person = called(passage.person, names)
        match self.fault:
            case Fault.FALSE_MATCH:
                return f"{person} was taken for {called(self.other, names)}, whose id is {passage.global_id}: {where}"
            case Fault.SPLIT:
                return f"{person} has id {self.expected_id} and was given {passage.global_id} as well: {where}"
            case Fault.GONE_OVER:
                return f"a track on {person} is on {called(self.other, names)} as well{_since(passage)}: {where}"
            case Fault.NOBODY:
                return f"id {passage.global_id} was given where nobody is: {where}"

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as the report's JSON holds them; times on the clock that all cameras share."""
        passage = self.passage
        return {
            "fault": self.fault.value,
            "camera_id": passage.camera_id,
            "track": passage.track,
            "global_id": passage.global_id,
            "person": passage.person,
            "other_person": self.other,
            "expected_id": self.expected_id,
            "from_s": round(passage.from_s, 3),
            "to_s": round(passage.to_s, 3),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What recognition was worth.

    Attributes:
        owners: whom each id belongs to: the person whom it was on in most frames.
        names: the id that each person has: of those the person owns, the one that was on it in most frames.
        switches: changes of id over the tracks of each person, in time order over all cameras, summed.
        chances: how many such changes there could have been: tracks on a person, less one for each person.
        false_matches: tracks with an id that belongs to another person.
        accuracy: share of the tracks on a person that have the person's id; None without any.
        mistakes: each thing that went wrong, in time order.
    """

    owners: dict[int, int]
    names: dict[int, int]
    switches: int
    chances: int
    false_matches: int
    accuracy: float | None
    mistakes: tuple[Mistake, ...]

    @property
    def merged(self) -> set[int]:
        """Ids that were given to more than one person."""
        return {m.passage.global_id for m in self.mistakes if m.fault is Fault.FALSE_MATCH}

    @property
    def split(self) -> set[int]:
        """People who were given more than one id of their own."""
        return {m.passage.person for m in self.mistakes if m.fault is Fault.SPLIT and m.passage.person is not None}


def judge(listed: Sequence[Passage]) -> Verdict:
    """Judge tracks.

    Args:
        listed: in time order.
    """
    of_person: dict[int, list[Passage]] = defaultdict(list)
    for passage in listed:
        if passage.person is not None:
            of_person[passage.person].append(passage)
    owners = _owners(of_person)
    names = _names(of_person, owners)
    arrivals = {(passage.global_id, passage.person): passage for passage in reversed(listed)}
    mistakes = tuple(mistake for passage in listed for mistake in _mistakes(passage, owners, names, arrivals))
    tracks = sum(map(len, of_person.values()))
    right = sum(passage.global_id == names.get(person) for person in of_person for passage in of_person[person])
    return Verdict(
        owners,
        names,
        sum(before.global_id != after.global_id for own in of_person.values() for before, after in pairwise(own)),
        tracks - len(of_person),
        sum(mistake.fault is Fault.FALSE_MATCH for mistake in mistakes),
        right / tracks if tracks else None,
        mistakes,
    )


def _owners(of_person: Mapping[int, Sequence[Passage]]) -> dict[int, int]:
    """Say whom each id belongs to."""
    frames: dict[int, Counter[int]] = defaultdict(Counter)
    for person, own in of_person.items():
        for passage in own:
            frames[passage.global_id][person] += passage.frames
    return {global_id: _most(persons) for global_id, persons in sorted(frames.items())}


def _names(of_person: Mapping[int, Sequence[Passage]], owners: Mapping[int, int]) -> dict[int, int]:
    """Say which id each person has; somebody whose every id belongs to others has none."""
    frames: dict[int, Counter[int]] = defaultdict(Counter)
    for person, own in of_person.items():
        for passage in own:
            if owners[passage.global_id] == person:
                frames[person][passage.global_id] += passage.frames
    return {person: _most(ids) for person, ids in sorted(frames.items())}


def _since(passage: Passage) -> str:
    return "" if passage.gone_over is None else f", from {passage.gone_over[1]:.1f} s"


def called(person: int | None, names: Mapping[int, str]) -> str:
    """Say who a person of the truth is: by name where there is one; None is nobody."""
    return "nobody" if person is None else names.get(person, f"person {person}")


def _most(counts: Counter[int]) -> int:
    """Return what was counted most, ties by the lower number."""
    return min(counts, key=lambda number: (-counts[number], number))


def _mistakes(
    passage: Passage,
    owners: Mapping[int, int],
    names: Mapping[int, int],
    arrivals: Mapping[tuple[int, int | None], Passage],
) -> Iterator[Mistake]:
    """List what is wrong with one track.

    Args:
        arrivals: the first track of each id on each person.
    """
    global_id, person = passage.global_id, passage.person
    if person is None:
        yield Mistake(Fault.NOBODY, passage, passage)
    elif (owner := owners[global_id]) != person:
        cause = max(arrivals[global_id, person], arrivals[global_id, owner], key=lambda arrival: arrival.from_s)
        yield Mistake(Fault.FALSE_MATCH, passage, cause, other=owner)
    elif names[person] != global_id:
        yield Mistake(Fault.SPLIT, passage, passage, expected_id=names[person])
    if passage.gone_over is not None:
        yield Mistake(Fault.GONE_OVER, passage, passage, other=passage.gone_over[0])
