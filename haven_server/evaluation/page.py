"""Write the report as one HTML file that needs nothing beside it: Story -> page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from haven_server.evaluation import charts
from haven_server.evaluation.measures import MEASURES, TITLES
from haven_server.evaluation.motchallenge import TrueBoxes
from haven_server.evaluation.outputs import write_text
from haven_server.evaluation.presence import lanes_of_ids, lanes_of_people
from haven_server.evaluation.run_log import RunLog
from haven_server.evaluation.scorecard import Scorecard
from haven_server.evaluation.verdict import called
from haven_server.evaluation.views import colour_name, views

TEMPLATE = "page.html"
LATENCY_COLUMNS = ("calls", "mean_ms", "p50_ms", "p95_ms", "p99_ms")


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """What a page tells.

    Attributes:
        about: a sentence or two under the title.
        command: by which the same is had again.
        report: as in the JSON file.
        truth: by camera; empty without ground truth, and ``scorecard`` is None then.
        run_start: ns since the Unix epoch, from which seconds count.
        snapshots: folder with one picture per track, by id; None: none are shown.
        names: of people, by the truth's global id.
    """

    title: str
    about: str
    command: str
    report: Mapping[str, Any]
    log: RunLog
    truth: Mapping[str, TrueBoxes]
    scorecard: Scorecard | None
    run_start: int
    snapshots: Path | None
    names: Mapping[int, str] = field(default_factory=dict)


def write_page(path: Path, story: Story) -> None:
    """Write the page.

    Raises:
        OutputError: the disk refuses; the message names the file.
    """
    write_text(path, render(story))


def render(story: Story) -> str:
    """Compose the page's HTML."""
    template = Template(resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"))
    sections = (
        _tiles(story),
        _timeline(story),
        _measures(story),
        _mistakes(story),
        _people(story),
        _latency(story),
        _again(story),
    )
    return template.substitute(title=escape(story.title), about=escape(story.about), sections="\n".join(sections))


def _tiles(story: Story) -> str:
    """The figures that matter most."""
    report = story.report
    tiles = [_tile(report["total_identities_detected"], "ids given" + _of_people(story))]
    if story.scorecard is not None:
        clean = report["false_match_count"] == 0
        steady = report["total_id_switches"] == 0
        tiles += [
            _tile(_share(report["idf1"]["global"]), "IDF1, all cameras"),
            _tile(_share(report["hota"]["global"]), "HOTA, all cameras"),
            _tile(report["false_match_count"], "false matches", "good" if clean else "bad"),
            _tile(report["total_id_switches"], "switches of id", "good" if steady else "bad"),
        ]
    tiles.append(_tile(f"{report['throughput']['frames_per_second']:.0f}", "frames a second"))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _tile(value: object, label: str, mood: str = "") -> str:
    return f'<div class="tile"><b class="{mood}">{escape(str(value))}</b><span>{escape(label)}</span></div>'


def _of_people(story: Story) -> str:
    if story.scorecard is None:
        return ""
    people = {person for boxes in story.truth.values() for person in boxes.persons[boxes.counts].tolist()}
    return f" to {len(people)} people"


def _timeline(story: Story) -> str:
    clocks = {camera_id: story.log.clock(camera_id, story.run_start) for camera_id in story.report["cameras"]}
    if story.scorecard is None:
        lanes = lanes_of_ids(story.log, clocks)
        text = "One row per id that HAVEN gave, one line in it per camera."
    else:
        lanes = lanes_of_people(story.truth, story.scorecard, clocks, story.names)
        text = (
            "One row per person, one line in it per camera. The pale band is when the person was to be seen, the "
            "coloured bar the id that HAVEN gave. One colour a row is right; a dashed edge is wrong."
        )
    return _section("Who was where", text, f'<div class="wide">{charts.timeline(lanes)}</div>')


def _measures(story: Story) -> str:
    cameras = story.report["cameras"]
    headings = ["camera", "frames", "tracks", "ids", *TITLES.values()]
    rows = [
        [name, camera["frames"], camera["tracks"], len(camera["people"])]
        + [_figure(measure, story.report[measure]["cameras"].get(name)) for measure in MEASURES]
        for name, camera in cameras.items()
    ]
    everywhere = [
        "all",
        story.report["throughput"]["frames"],
        sum(camera["tracks"] for camera in cameras.values()),
        story.report["total_identities_detected"],
        *(_figure(measure, story.report[measure]["global"]) for measure in MEASURES),
    ]
    failures = [f"{name} failed: {camera['problem']}" for name, camera in cameras.items() if camera["problem"]]
    said = "".join(f"<p>{escape(failure)}</p>" for failure in failures)
    text = (
        "Measured by TrackEval. In the last row all cameras are one film, laid end to end, with one space of ids."
        if story.scorecard is not None
        else "What only ground truth can tell is left open."
    )
    return _section("Camera by camera", text, _table(headings, [*rows, everywhere], last="all") + said)


def _mistakes(story: Story) -> str:
    if story.scorecard is None:
        return ""
    mistakes = story.report["mistakes"]
    if not mistakes:
        return _section("What went wrong", "Nothing: every track has its person's id.", "")
    lines = [
        f"<li>{escape(mistake['text'])}."
        + (f'<br><span class="soft">Why: {escape(mistake["reason"])}</span>' if mistake["reason"] else "")
        + "</li>"
        for mistake in mistakes
    ]
    text = "Every track that has not its person's id, as it came; seconds count from the start of the run."
    return _section("What went wrong", text, f"<ul>{''.join(lines)}</ul>")


def _people(story: Story) -> str:
    if story.snapshots is None:
        return ""
    cards = []
    for global_id in story.log.people():
        shown = "".join(
            f'<figure><img src="{view.data}" alt=""><figcaption>{escape(view.camera_id)}</figcaption></figure>'
            for view in views(story.snapshots, global_id)
        )
        chip = f'<span class="chip" style="background:{colour_name(global_id)}">{global_id}</span>'
        owner = escape(_owner(story, global_id))
        cards.append(f'<div class="person"><h3>{chip}{owner}</h3><div class="views">{shown}</div></div>')
    return _section("Who is who", "The best view of each track, by id.", f'<div class="people">{"".join(cards)}</div>')


def _owner(story: Story, global_id: int) -> str:
    """Say whose id it is in truth; nothing where there is none to hold it against."""
    return "" if story.scorecard is None else called(story.scorecard.verdict.owners.get(global_id), story.names)


def _latency(story: Story) -> str:
    stages = story.report["latency"]
    if not stages:
        return ""
    rows = [
        [name, *(f"{stage[column]:.1f}" if column != "calls" else stage[column] for column in LATENCY_COLUMNS)]
        for name, stage in stages.items()
    ]
    headings = ["stage", *(column.removesuffix("_ms") for column in LATENCY_COLUMNS)]
    plot = f'<div class="wide">{charts.latencies(stages)}</div>'
    return _section("Latency per stage", "Wall time of one call, ms.", plot + _table(headings, rows))


def _again(story: Story) -> str:
    return _section("Have it again", "", f"<pre>{escape(story.command)}</pre>")


def _section(title: str, text: str, body: str) -> str:
    said = f'<p class="soft">{escape(text)}</p>' if text else ""
    return f"<section><h2>{escape(title)}</h2>{said}{body}</section>"


def _table(headings: list[str], rows: list[list[Any]], last: str = "") -> str:
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    lines = [
        f'<tr class="{last if number == len(rows) else ""}">'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in row)
        + "</tr>"
        for number, row in enumerate(rows, 1)
    ]
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def _figure(measure: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if measure == "idsw" else _share(value)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"
