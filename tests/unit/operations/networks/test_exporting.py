"""Whose tools export which network, what is refused, and how the tools are called; with tools that only note it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from haven_server.errors import ExportError, HavenError, InvalidInputError, LicenceError, NotFoundError
from haven_server.operations.networks.exporting import SCRIPTS, ExportPlan, export
from haven_server.operations.networks.licences import AGPL, NON_COMMERCIAL
from haven_server.operations.networks.makers import INSIGHTFACE, MAKERS, TORCHREID, ULTRALYTICS, makers_of

ROOT = Path(__file__).parents[4]
TOOLS = """#!/bin/sh
echo "$*" >> "{log}"
case "$*" in
*{bad}*) echo "first" >&2; echo "  File tool.py" >&2; echo "ConnectionError: no route" >&2; exit 1;;
esac
"""
"""Stands for an environment's Python."""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the pinned requirements of all makers."""
    shutil.copytree(ROOT / SCRIPTS, tmp_path / SCRIPTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def a_plan(folder: Path, *names: str, bad: str = "nothing") -> ExportPlan:
    """Plan an export in an environment that is there already; its tools fail where they are called with ``bad``."""
    python = folder / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(TOOLS.format(log=folder / "called", bad=bad))
    python.chmod(0o755)
    return ExportPlan(
        names, 320, None, False, frozenset({AGPL, NON_COMMERCIAL}), folder / "environment", folder / "cache"
    )


def called(folder: Path) -> list[str]:
    return (folder / "called").read_text().splitlines()


def test_a_name_tells_whose_tools_export_it() -> None:
    names = ["yolov8n", "yolo11x-pose", "osnet_ain_x0_25", "buffalo_sc"]
    assert list(makers_of(names).values()) == [ULTRALYTICS, ULTRALYTICS, TORCHREID, INSIGHTFACE]


@pytest.mark.parametrize("name", ["yolov8", "yolov8n-seg", "yolo26n", "osnet", "osnet_ibn_x0_25", "../yolov8n"])
def test_a_name_nobody_knows_is_told_with_those_that_are_known(name: str) -> None:
    with pytest.raises(NotFoundError, match=r"can be exported\. ultralytics: yolov8n to yolov8x"):
        makers_of([name])


def test_each_maker_has_its_script_and_its_pinned_requirements() -> None:
    for maker in MAKERS:
        assert (ROOT / SCRIPTS / f"with_{maker.package}.py").is_file()
        wanted = (ROOT / SCRIPTS / f"{maker.package}.txt").read_text().splitlines()
        assert any(line.startswith(f"{maker.package}==") for line in wanted)


@pytest.mark.parametrize(
    ("names", "changes", "error", "message"),
    [
        (("yolov8n",), {"accepted": frozenset()}, LicenceError, f"yolov8n: {AGPL} .*--accept-licence {AGPL}"),
        (("buffalo_sc",), {"accepted": frozenset({AGPL})}, LicenceError, f"--accept-licence {NON_COMMERCIAL}"),
        (("yolov8n", "yolo11n"), {}, InvalidInputError, "yolov8n and yolo11n both are a person_detector"),
        (("osnet_x1_0",), {}, InvalidInputError, "has no weights that tell people apart; .* by --weights"),
        (("buffalo_sc",), {"untrained": True}, InvalidInputError, "takes no --weights and no --untrained"),
        (("yolov8n",), {"size": 330}, InvalidInputError, "--size 330: .* a multiple of 32 px"),
        (("yolov8n",), {"environment": Path(sys.prefix)}, InvalidInputError, "is HAVEN's own environment"),
        (("yolov8n",), {"weights": Path("none.pt")}, InvalidInputError, r"none\.pt: no such file"),
        (("yolov8n", "osnet_x1_0"), {"weights": Path(__file__)}, InvalidInputError, "for a single name"),
        (("yolov8n",), {"weights": Path(__file__), "untrained": True}, InvalidInputError, "not with --untrained"),
    ],
)
def test_what_cannot_be_exported_is_told_before_anything_is_installed(
    checkout: Path, names: tuple[str, ...], changes: dict[str, object], error: type[HavenError], message: str
) -> None:
    plan = replace(a_plan(checkout, *names), **changes)  # type: ignore[arg-type]
    with pytest.raises(error, match=message):
        export(plan, checkout, lambda text: None)
    assert not (checkout / "called").exists()


def test_tools_are_installed_once_and_called_for_each_network(checkout: Path) -> None:
    plan = replace(a_plan(checkout, "yolov8n", "yolov8n-pose", "osnet_x0_25"), untrained=True)
    told: list[str] = []
    export(plan, checkout, told.append)
    pip = "-m pip install --quiet --disable-pip-version-check --requirement triton_models/export"
    call, options = "-m triton_models.export", f"--folder {checkout} --size 320 --untrained"
    exports = [
        f"{call} ultralytics yolov8n {options}",
        f"{call} ultralytics yolov8n-pose {options}",
        f"{call} torchreid osnet_x0_25 {options}",
    ]
    assert called(checkout) == [f"{pip}/ultralytics.txt", f"{pip}/torchreid.txt", *exports]
    assert told[-1] == "exporting osnet_x0_25 with torchreid"
    export(plan, checkout, told.append)
    assert called(checkout)[5:] == exports


def test_tools_are_installed_again_when_other_versions_are_wanted(checkout: Path) -> None:
    plan = a_plan(checkout, "yolov8n")
    export(plan, checkout, lambda text: None)
    (checkout / SCRIPTS / "ultralytics.txt").write_text("ultralytics==9\n")
    export(plan, checkout, lambda text: None)
    assert sum("pip install" in line for line in called(checkout)) == 2


def test_weights_of_ones_own_are_handed_on(checkout: Path) -> None:
    weights = checkout / "own.pt"
    weights.touch()
    export(replace(a_plan(checkout, "osnet_x0_25"), weights=Path("own.pt")), checkout, lambda text: None)
    assert called(checkout)[-1].endswith(f"--weights {weights}")


def test_tools_that_cannot_be_installed_are_tried_again_the_next_time(checkout: Path) -> None:
    with pytest.raises(ExportError, match="ultralytics cannot be installed: first / ConnectionError: no route"):
        export(a_plan(checkout, "yolov8n", bad="install"), checkout, lambda text: None)
    export(a_plan(checkout, "yolov8n"), checkout, lambda text: None)
    assert called(checkout)[1:] == [called(checkout)[0], called(checkout)[-1]]


def test_what_the_tools_said_last_is_told_where_they_fail(checkout: Path) -> None:
    with pytest.raises(ExportError, match="ultralytics did not export yolov8n: first / ConnectionError: no route"):
        export(a_plan(checkout, "yolov8n", bad="triton_models.export"), checkout, lambda text: None)


def test_outside_a_checkout_nothing_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInputError, match="triton_models/export: no such folder; run this in a checkout"):
        export(a_plan(tmp_path, "yolov8n"), tmp_path, lambda text: None)
