"""Who is who, as a contest: HAVEN's policy and the one it began from, on the same tracklets; strangers; time.

Run ``python -m bench identity``; with films, ``python -m bench.identity.identity_bench --films FOLDER``. Faces and
clothes are those of HAVEN_TEST_DATA; without it people are drawn who are as alike as those.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.common import ROOT, test_data, write_results
from bench.identity import decisions, films, gaits, impostors, open_set, plots, real
from bench.identity.casts import SAME, DrawnCast, RealCast, stand_in, twins, visits
from bench.identity.contest import MODELS, Answers, Rules, passages_of, play_haven, play_seed, steps_of, verdict
from bench.identity.gaussian import Gaussian, fit
from bench.identity.real import Views
from haven_server.evaluation.proportion import upper_limit
from haven_server.evaluation.verdict import Verdict
from haven_server.models.network import NetworkKind
from haven_server.settings import AppearanceSettings, ReIDSettings, ThresholdSettings, TopologySettings
from haven_server.types import Modality

PLAYERS: Mapping[str, Callable[..., Answers]] = {
    "seed": play_seed,
    "seed, views alone": lambda steps: play_seed(steps, averages=False),
    "seed, whole tracks": lambda steps: play_seed(steps, whole=True),
    "seed, whole tracks, views alone": lambda steps: play_seed(steps, averages=False, whole=True),
}
"""Every reading of the seed's policy: asked about each tracklet as HAVEN is, or once about each finished track; with
moving averages among what is matched (5.4) or without (7.2)."""
HAVEN = "HAVEN"
WORLDS = 20
VISITS = 80
DRAWN_PEOPLE = 60
IMPOSTORS = 3000
FILMS_AT_ONCE = 2
VIEWS = (3, 10)
"""Of everybody, in each signal: after a few visits, and as many as are ever kept."""
NETWORK_ROUNDS = 60
WITH_NETWORKS = "a tracklet of 5 views, networks included"
PLOT = ROOT / "docs" / "identity.png"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """What people look like.

    Attributes:
        views: real ones, or drawn ones in their place.
        people: distributions fitted to them.
        gait: statistics that the gaits go by.
    """

    views: Mapping[Modality, Views]
    people: Mapping[Modality, Gaussian]
    gait: gaits.Gaits

    @classmethod
    def gather(cls, data: Path | None) -> Material:
        """Look at all pictures, and let people walk."""
        walks = gaits.walk()
        walking = Views(walks.vectors, np.unique(walks.people, return_inverse=True)[1])
        faces, clothes = stand_in() if data is None else real.look(data)
        views = {Modality.FACE: faces, Modality.GAIT: walking, Modality.APPEARANCE: clothes}
        return cls(views, {signal: fit(own.vectors, own.people.tolist()) for signal, own in views.items()}, walks)

    def rules(self) -> Rules:
        """HAVEN as it is shipped, appearance on, with the thresholds that an OSNet and the gait statistics bring."""
        brought = {"gait_similarity": self.gait.model.threshold, **NetworkKind.OSNET.thresholds}
        chosen = ThresholdSettings().model_copy(update=brought)
        reid = ReIDSettings(appearance=AppearanceSettings(enabled=True), thresholds=chosen)
        return Rules(reid, TopologySettings(), self.gait.model.false_match_rate, MODELS)


def main() -> None:
    """Hold every contest, print tables, write bench/results/identity.json and the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, help="folder of films, as `haven quality --keep-films` leaves them")
    parser.add_argument("--identities", type=int, default=10_000, help="in the gallery whose decisions are timed")
    parser.add_argument("--decisions", type=int, default=1_000, help="that are timed")
    arguments = parser.parse_args()
    data = test_data()
    if data is None:
        print("identity: HAVEN_TEST_DATA names no test data: people are drawn, open set is left out", file=sys.stderr)
    material = Material.gather(data)
    parts = {
        "decision time": _times(arguments.identities, arguments.decisions, data),
        "contest": [*_worlds(material, "drawn" if data is None else "real"), *_films(arguments.films)],
        "impostors": _impostors(material),
        "open set": [] if data is None else [open_set.examine(material.views[Modality.FACE], material.rules())],
    }
    for name, rows in parts.items():
        _show(name, rows)
    if data is not None:
        thresholds = material.rules().reid.thresholds
        marks = (thresholds.face_similarity, thresholds.gait_similarity, thresholds.appearance_alone)
        likenesses = open_set.likenesses({signal.value: own for signal, own in material.views.items()})
        plots.plot(likenesses, dict(zip(likenesses, marks, strict=True)), PLOT)
    rows = [{"part": name, **row} for name, own in parts.items() for row in own]
    print(write_results("identity", rows, _summary(parts)))


def _worlds(material: Material, kind: str) -> list[Row]:
    """Let people come and go, in many worlds, with gait and without."""
    faces, walks, clothes = (material.views[signal] for signal in Modality)
    dressed = twins(clothes)
    rows = []
    for signals in ((Modality.FACE, Modality.APPEARANCE), tuple(Modality)):
        own = dict(zip(Modality, (faces, walks, dressed), strict=True))
        views = {signal: own[signal] for signal in signals}
        worlds = [
            visits(RealCast(views, np.random.default_rng(seed)), range(faces.count), signals, VISITS, seed)
            for seed in range(WORLDS)
        ]
        rows += _hold(f"{kind} faces and clothes{_with_gait(signals)}", worlds, material.rules())
        chance = np.random.default_rng(0)
        cast = DrawnCast(
            {signal: own.draw(DRAWN_PEOPLE, chance) for signal, own in material.people.items()}, SAME, alike=True
        )
        worlds = [visits(cast, range(DRAWN_PEOPLE), signals, 8 * DRAWN_PEOPLE, seed) for seed in range(4)]
        rows += _hold(f"{DRAWN_PEOPLE} people drawn like them{_with_gait(signals)}", worlds, material.rules())
    return rows


def _with_gait(signals: Sequence[Modality]) -> str:
    return ", gait" if Modality.GAIT in signals else ""


def _hold(name: str, worlds: Sequence[Sequence[Any]], rules: Rules) -> list[Row]:
    """Let every policy decide on the tracklets of some worlds."""
    played: dict[str, list[Verdict]] = {}
    for world in worlds:
        steps, passages = steps_of(world), passages_of(world)
        played.setdefault(HAVEN, []).append(verdict(passages, play_haven(steps, rules)))
        for player, play in PLAYERS.items():
            played.setdefault(player, []).append(verdict(passages, play(steps)))
    return [_contest(name, player, verdicts) for player, verdicts in played.items()]


def _films(folder: Path | None) -> list[Row]:
    """Let every policy decide on what the server saw in films."""
    if folder is None:
        print("identity: no --films, which are left out", file=sys.stderr)
        return []
    found = films.find(folder)
    with ProcessPoolExecutor(FILMS_AT_ONCE, mp_context=multiprocessing.get_context("spawn")) as workers:
        verdicts = list(workers.map(_watch, found))
    name = f"{len(found)} films of the drawn world"
    return [_contest(name, player, [one[player] for one in verdicts]) for player in (HAVEN, *PLAYERS)]


def _watch(path: Path) -> dict[str, Verdict]:
    """Let every policy decide on one film."""
    film = films.watch(path)
    print(f"film {film.name}: {len(film.steps)} tracklets", flush=True)
    played = {HAVEN: film.haven} | {player: play(film.steps) for player, play in PLAYERS.items()}
    return {player: verdict(film.passages, answers) for player, answers in played.items()}


def _contest(name: str, player: str, verdicts: Iterable[Verdict]) -> Row:
    listed = list(verdicts)
    return {
        "input": name,
        "policy": player,
        "id_switches": sum(one.switches for one in listed),
        "chances": sum(one.chances for one in listed),
        "false_matches": sum(one.false_matches for one in listed),
    }


def _impostors(material: Material) -> list[Row]:
    """Send thousands of strangers through the whole policy: real ones put together anew, and drawn ones."""
    rows = []
    strangers = wrong = seed_wrong = 0
    for seed in range(IMPOSTORS):
        if strangers >= IMPOSTORS:
            break
        world = impostors.real(material.views, seed)
        strangers += impostors.impostors(world)
        steps, passages = steps_of(world), passages_of(world)
        wrong += verdict(passages, play_haven(steps, material.rules())).false_matches
        seed_wrong += verdict(passages, play_seed(steps)).false_matches
    rows += [
        _merges("few people, put together anew", HAVEN, strangers, wrong),
        _merges("few people, put together anew", "seed", strangers, seed_wrong),
    ]
    every = tuple(Modality)
    for name, shown in (
        ("any signals", None),
        ("all signals", every),
        ("face, appearance", (Modality.FACE, Modality.APPEARANCE)),
        ("gait, appearance", (Modality.GAIT, Modality.APPEARANCE)),
    ):
        world = impostors.drawn(material.people, IMPOSTORS, shown, 0)
        steps, passages = steps_of(world), passages_of(world)
        for policy, answers in ((HAVEN, play_haven(steps, material.rules())), ("seed", play_seed(steps))):
            rows.append(_merges(f"drawn, {name}", policy, IMPOSTORS, verdict(passages, answers).false_matches))
    return rows


def _merges(name: str, policy: str, tracklets: int, wrong: int) -> Row:
    limit = upper_limit(wrong, tracklets)
    return {"strangers": name, "policy": policy, "tracklets": tracklets, "false_merges": wrong, "at_most": limit}


def _times(identities: int, count: int, data: Path | None) -> list[Row]:
    """Time decisions; the networks' part is left out where there are none."""
    rows = [
        _quantiles(f"{identities} identities of {views} views, {who}", taken)
        for views in VIEWS
        for who, taken in decisions.alone(identities, views, count).items()
    ]
    if data is not None:
        pictures = sorted((data / "crops" / "clips").glob("0001_c2*.jpg"))[2:7]
        with tempfile.TemporaryDirectory() as folder:
            taken = decisions.with_networks(real.install(data, Path(folder)), pictures, NETWORK_ROUNDS)
        rows += [_quantiles(f"{WITH_NETWORKS}, {clock}", own) for clock, own in taken.items()]
    return rows


def _quantiles(name: str, taken: Sequence[float]) -> Row:
    p50, p99 = np.quantile(taken, (0.5, 0.99))
    return {"decision": name, "count": len(taken), "p50_ms": round(float(p50), 3), "p99_ms": round(float(p99), 3)}


def _summary(parts: Mapping[str, Sequence[Row]]) -> Row:
    """Pick the figures that goals are about."""
    by_name = {row["decision"]: row for row in parts["decision time"]}
    alone = {
        views: max(row["p99_ms"] for name, row in by_name.items() if f"of {views} views" in name and "own time" in name)
        for views in VIEWS
    }
    whole = by_name.get(f"{WITH_NETWORKS}, own time")
    merges = {(row["strangers"], row["policy"]): row["false_merges"] for row in parts["impostors"]}
    contests: dict[str, Row] = {}
    for row in parts["contest"]:
        contests.setdefault(row["input"], {})[row["policy"]] = [row["id_switches"], row["false_matches"]]
    return {
        "id_switches_and_false_matches": contests,
        "false_merges_real": merges["few people, put together anew", HAVEN],
        "false_merges_drawn": max(
            merges[row["strangers"], HAVEN] for row in parts["impostors"] if "drawn" in row["strangers"]
        ),
        "decision_p99_ms_by_views": alone,
        "tracklet_with_networks_p99_ms": whole["p99_ms"] if whole else None,
        "open_set": parts["open set"][0] if parts["open set"] else None,
    }


def _show(name: str, rows: Sequence[Row]) -> None:
    """Print one part."""
    if not rows:
        return
    if len(rows) == 1:
        table = Table("figure", "", title=name)
        for key, value in rows[0].items():
            table.add_row(key, _text(value))
    else:
        table = Table(*rows[0], title=name)
        for row in rows:
            table.add_row(*map(_text, row.values()))
    Console(width=130).print(table)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
