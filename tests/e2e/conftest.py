"""A small world for end-to-end tests: people who are plain colours, and networks, drawn by hand, that see them."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import yaml
from haven_client.access import TOKEN_VARIABLE
from onnx import TensorProto, helper, numpy_helper

from haven_server.access.roles import Role
from haven_server.access.token_file import TokenFile
from haven_server.engine.repository import hash_model, info_metadata, model_path
from haven_server.perception import contract
from haven_server.types import BGRImage, ModelInfo, ModelRole

ROOT = Path(__file__).parents[2]
SIDE = 96
"""Width and height of the toy detector's input, px."""
COLOURS = {"blue": (255, 0, 0), "green": (0, 255, 0), "red": (0, 0, 255)}
WIDTH, HEIGHT, RATE = 320, 240, 10
PERSON = (40, 120)
"""Width and height of a person, px."""

Walk = Callable[[int], tuple[int, int] | None]
"""Where a person's upper left corner is in a frame, None when out of sight."""
RunHaven = Callable[..., "subprocess.CompletedProcess[str]"]
Serve = Callable[..., "Served"]


def across(first: int, last: int, y: int = 60) -> Walk:
    """Walk from left to right through the picture between two frames."""

    def at(frame: int) -> tuple[int, int] | None:
        if not first <= frame <= last:
            return None
        return round((frame - first) / (last - first) * (WIDTH - PERSON[0])), y

    return at


def picture(people: Mapping[str, Walk], frame: int) -> BGRImage:
    """Draw one frame: a grey room and whoever is in it."""
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for colour, walk in people.items():
        if (place := walk(frame)) is not None:
            x, y = place
            image[y : y + PERSON[1], x : x + PERSON[0]] = COLOURS[colour]
    return image


def make_video(path: Path, people: Mapping[str, Walk], frames: int) -> Path:
    """Write a film of people who walk, ``RATE`` frames per second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (WIDTH, HEIGHT))
    for frame in range(frames):
        writer.write(picture(people, frame))
    writer.release()
    return path


def write_truth(path: Path, people: Mapping[str, Walk], frames: int) -> None:
    """Write who is where in a film as MOTChallenge ground truth; people are numbered 10, 20, 30 by colour."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        for colour, walk in people.items():
            for frame in range(frames):
                if (place := walk(frame)) is not None:
                    number = 10 * (1 + sorted(COLOURS).index(colour))
                    print(frame + 1, number, *place, *PERSON, 1, 1, 1.0, sep=",", file=file)


@dataclass(frozen=True)
class World:
    """Two rooms that three people cross, and the configuration that watches them; ``truth/`` tells who is where."""

    folder: Path
    config: Path
    videos: dict[str, Path]

    @property
    def database(self) -> Path:
        """Where a run of the world keeps what it found."""
        return self.folder / "out" / "haven.db"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="session")
def toy_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository whose networks see colours: a detector and an appearance embedder."""
    repository = tmp_path_factory.mktemp("toy-networks")
    _install(repository, _detector(), ModelRole.PERSON_DETECTOR, (SIDE, SIDE), None)
    _install(repository, _embedder(), ModelRole.APPEARANCE_EMBEDDER, contract.APPEARANCE_INPUT, 3)
    return repository


@pytest.fixture
def world(tmp_path: Path, toy_repository: Path) -> World:
    """A world of this test's own."""
    return build_world(tmp_path, toy_repository)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, toy_repository: Path) -> World:
    """A world after `haven run`, with every output, to be looked at and not changed."""
    world = build_world(tmp_path_factory.mktemp("finished"), toy_repository)
    outputs = ("--mot-out", "mot", "--events-out", "events.jsonl", "--video-out", "videos", "--report", "report.json")
    done = run_haven(world.folder, "run", "--config", world.config, *outputs)
    assert done.returncode == 0, done.stderr
    return world


def build_world(folder: Path, repository: Path) -> World:
    """Red and blue cross the hall, then red and green the kitchen, ten seconds after the hall's film began."""
    films = {
        "hall": ({"red": across(5, 40), "blue": across(45, 80, 90)}, 90),
        "kitchen": ({"red": across(5, 40), "green": across(30, 70, 100)}, 80),
    }
    videos = {camera_id: make_video(folder / f"{camera_id}.mp4", *film) for camera_id, film in films.items()}
    for camera_id, film in films.items():
        write_truth(folder / "truth" / f"{camera_id}.txt", *film)
    settings = {
        "general": {"output_dir": str(folder / "out")},
        "cameras": [
            {"id": "hall", "source": str(videos["hall"])},
            {"id": "kitchen", "source": str(videos["kitchen"]), "start_offset_s": 10},
        ],
        "inference": {"model_repository": str(repository), "pose": {"enabled": False}, "threads": 1},
        "reid": {"face": {"enabled": False}, "appearance": {"enabled": True}, "quality": {"min_sharpness": 0}},
    }
    config = folder / "sources.yaml"
    config.write_text(yaml.safe_dump(settings))
    return World(folder, config, videos)


@dataclass
class Served:
    """A `haven serve` that runs.

    Attributes:
        log: file of what it said.
    """

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start `haven serve` on a free port; whatever still runs at the end is killed.

    Clients of this test, and the commands that it runs, hold an operator's token, which they take from the environment.
    """
    started: list[subprocess.Popen[bytes]] = []
    tokens = TokenFile(tmp_path / "tokens.json")
    monkeypatch.setenv(TOKEN_VARIABLE, tokens.create(Role.OPERATOR)[1])

    def start(*arguments: str | Path) -> Served:
        log = tmp_path / f"serve-{len(started)}.log"
        command = [sys.executable, "-W", "error", "-m", "haven_server", "serve", "--set", "api.grpc.port=0"]
        command += ["--set", f"security.tokens_path={tokens.path}"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *map(str, arguments)],
                cwd=tmp_path,
                env=haven_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return Served(process, _address(process, log), log)

    yield start
    for process in started:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path, patience_s: float = 60) -> str:
    """Wait until a server says where it listens."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"serves gRPC on (\S+);", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"the server did not start: {log.read_text()}")


@pytest.fixture
def haven(tmp_path: Path) -> RunHaven:
    """Run the `haven` command in a folder of its own."""
    return partial(run_haven, tmp_path)


def run_haven(folder: Path, *arguments: str | Path, unprivileged: bool = False) -> subprocess.CompletedProcess[str]:
    """Run the `haven` command in a folder, without the machine's HAVEN_ variables.

    Args:
        unprivileged: without root's right to write where it is forbidden, should root run the tests.
    """
    command = [sys.executable, "-W", "error", "-m", "haven_server", *map(str, arguments)]
    if unprivileged and os.geteuid() == 0:
        command = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *command]
    return subprocess.run(
        command,
        cwd=folder,
        env=haven_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def haven_environment() -> dict[str, str]:
    """Return the environment in which `haven` is run as a command: this one without settings for HAVEN."""
    kept = {key: value for key, value in os.environ.items() if key == TOKEN_VARIABLE or not key.startswith("HAVEN_")}
    return kept | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "proto", ROOT / "clients"))), "COLUMNS": "160"}


def _install(
    repository: Path, model: onnx.ModelProto, role: ModelRole, size: tuple[int, int], dimension: int | None
) -> None:
    info = ModelInfo(role, "colours", hash_model(model), "production", *size, dimension)
    for key, value in info_metadata(info).items():
        model.metadata_props.add(key=key, value=value)
    path = model_path(repository, role)
    path.parent.mkdir(parents=True)
    onnx.checker.check_model(model)
    onnx.save(model, path)


class _Graph:
    """Builds a graph line by line."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def __call__(self, operator: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> Any:
        names = [f"{operator}{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(operator, [self._name(value) for value in inputs], names, **attributes))
        return names[0] if outputs == 1 else names

    def model(self, height: int, width: int, outputs: Mapping[str, tuple[str, int, list[Any]]]) -> onnx.ModelProto:
        """Close the graph; outputs by name: the value that holds it, its type, its shape."""
        for name, (value, _, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [value], [name]))
        graph = helper.make_graph(
            self.nodes,
            "toy",
            [helper.make_tensor_value_info(contract.IMAGES, TensorProto.UINT8, ["N", height, width, 3])],
            [helper.make_tensor_value_info(name, kind, shape) for name, (_, kind, shape) in outputs.items()],
            self.constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def _name(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        self.constants.append(numpy_helper.from_array(np.asarray(value), f"constant{len(self.constants)}"))
        return self.constants[-1].name


def _detector() -> onnx.ModelProto:
    """Find the box around all pixels of each colour; a colour that is there scores 0.9."""
    graph = _Graph()
    pixels = graph("Cast", contract.IMAGES, to=TensorProto.FLOAT)
    channels = graph("Split", pixels, axis=3, outputs=3)
    boxes, scores = [], []
    for own in range(3):
        bright = graph("Greater", channels[own], np.float32(140))
        others = graph("Max", *(channels[other] for other in range(3) if other != own))
        mask = graph("Cast", graph("And", bright, graph("Less", others, np.float32(80))), to=TensorProto.FLOAT)
        flat = graph("Squeeze", mask, np.array([3]))
        columns = graph("ReduceMax", flat, axes=[1], keepdims=0)
        lines = graph("ReduceMax", flat, axes=[2], keepdims=0)
        first = [graph("ArgMax", line, axis=1, keepdims=1) for line in (columns, lines)]
        last = [graph("ArgMax", line, axis=1, keepdims=1, select_last_index=1) for line in (columns, lines)]
        ends = [graph("Add", edge, np.int64(1)) for edge in last]
        box = graph("Cast", graph("Concat", *first, *ends, axis=1), to=TensorProto.FLOAT)
        boxes.append(graph("Unsqueeze", box, np.array([1])))
        scores.append(graph("Mul", graph("ReduceMax", columns, axes=[1], keepdims=1), np.float32(0.9)))
    all_scores = graph("Concat", *scores, axis=1)
    ranked, order = graph("TopK", all_scores, np.array([3]), axis=1, outputs=2)
    four = graph("Expand", graph("Unsqueeze", order, np.array([2])), np.array([1, 1, 4]))
    found = graph(
        "Mul", graph("GatherElements", graph("Concat", *boxes, axis=1), four, axis=1), _present(graph, ranked)
    )
    there = graph("Cast", graph("Greater", ranked, np.float32(0)), to=TensorProto.INT32)
    count = graph("ReduceSum", there, np.array([1]), keepdims=1)
    return graph.model(
        SIDE,
        SIDE,
        {
            contract.BOXES: (found, TensorProto.FLOAT, ["N", 3, 4]),
            contract.SCORES: (ranked, TensorProto.FLOAT, ["N", 3]),
            contract.NUM_DETECTIONS: (count, TensorProto.INT32, ["N", 1]),
        },
    )


def _present(graph: _Graph, scores: str) -> str:
    there = graph("Cast", graph("Greater", scores, np.float32(0)), to=TensorProto.FLOAT)
    return str(graph("Unsqueeze", there, np.array([2])))


def _embedder() -> onnx.ModelProto:
    """Describe a crop by its mean colour."""
    graph = _Graph()
    pixels = graph("Cast", contract.IMAGES, to=TensorProto.FLOAT)
    mean = graph("ReduceMean", pixels, axes=[1, 2], keepdims=0)
    unit = graph("LpNormalization", graph("Add", mean, np.float32(1e-3)), axis=1, p=2)
    return graph.model(*contract.APPEARANCE_INPUT, {contract.EMBEDDINGS: (unit, TensorProto.FLOAT, ["N", 3])})
