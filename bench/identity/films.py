"""Films of the drawn world: one run of the server, and the tracklets its resolver got. Film -> Step, Passage."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from bench.identity.contest import Answers, Rules, Step, play_haven
from haven_server import app
from haven_server.evaluation.passages import Passage
from haven_server.offline import OfflineOutputs, run_offline
from haven_server.reid.gallery import Gallery
from haven_server.reid.resolver import Resolution, Resolver
from haven_server.settings import ReIDSettings, Settings, TopologySettings
from haven_server.settings_file import load_settings
from haven_server.telemetry import configure_logging
from haven_server.types import Features, FrameOutcome, Modality, Tracklet

CONFIG = Path("config") / "demo.yaml"


@dataclass(slots=True)
class Record:
    """What a resolver was asked, by ``RecordingResolver``."""

    steps: list[Step] = field(default_factory=list)
    seen: list[FrameOutcome] = field(default_factory=list)
    rules: Rules | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """One film as the policies see it.

    Attributes:
        haven: HAVEN's identities, of the run itself.
        passages: who each of its tracks truly is.
    """

    name: str
    steps: Sequence[Step]
    rules: Rules
    passages: Sequence[Passage]
    haven: Answers


def find(folder: Path) -> list[Path]:
    """List films: folders with `gt` and a video per camera, as `haven quality --keep-films` leaves them."""
    return sorted(path for path in folder.iterdir() if (path / "gt").is_dir() and list(path.glob("*.mp4")))


def watch(folder: Path) -> Film:
    """Run the server on a film and keep what its resolver was asked; ends of tracks are of the last one's."""
    record = Record()

    class RecordingResolver(Resolver):
        """Remembers every question on its way."""

        def __init__(
            self,
            gallery: Gallery,
            settings: ReIDSettings,
            topology: TopologySettings,
            gait_false_match_rate: float | None = None,
            *others: Any,
        ) -> None:
            super().__init__(gallery, settings, topology, gait_false_match_rate, *others)
            record.rules = Rules(settings, topology, gait_false_match_rate, gallery.model_hashes)

        def observe(self, outcome: FrameOutcome) -> None:
            record.seen.append(outcome)
            super().observe(outcome)

        def resolve(
            self, tracklet: Tracklet, features: Features, missing: frozenset[Modality] = frozenset()
        ) -> Resolution:
            record.steps.append(Step(tuple(record.seen), tracklet, features))
            record.seen.clear()
            return super().resolve(tracklet, features, missing)

    with tempfile.TemporaryDirectory() as output, patch.object(app, "Resolver", RecordingResolver):
        settings = _configure(folder, Path(output))
        configure_logging(settings)
        outputs = OfflineOutputs(mot=None, events=None, videos=None, report=Path(output) / "report.json")
        result = asyncio.run(run_offline(settings, outputs, lambda progress: None, folder / "gt"))
    assert result.scorecard is not None and record.rules is not None
    passages = result.scorecard.passages
    haven = play_haven(record.steps, record.rules)
    told = {(one.camera_id, one.track): one.global_id for one in passages}
    if any(haven.get(track) != global_id for track, global_id in told.items()):
        raise RuntimeError(f"{folder}: what the resolver says of the record is not what it said in the run")
    return Film(folder.name, record.steps, record.rules, passages, haven)


def _configure(folder: Path, output: Path) -> Settings:
    """Watch a film as the demonstration would; ways between rooms that are not in it are left out."""
    tree = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    videos = {path.stem: path for path in sorted(folder.glob("*.mp4"))}
    tree["cameras"] = [{"id": name, "source": str(path)} for name, path in videos.items()]
    links = tree["topology"]["links"]
    tree["topology"]["links"] = [link for link in links if {link["from"], link["to"]} <= videos.keys()]
    path = output / "sources.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    quiet = (f"general.output_dir={output}", "storage.save_snapshots=false", "general.log_level=ERROR")
    return load_settings(path, quiet, {})
