"""What came of a calibration -> a terminal, YAML."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from rich.table import Table

from haven_server.evaluation.calibration import Calibrated
from haven_server.evaluation.proportion import CONFIDENCE
from haven_server.terminal.console import people
from haven_server.terminal.tables import rows_table


def calibration_table(chosen: Sequence[Calibrated]) -> Table:
    """Each threshold, what is on its wrong side and how much more that leaves open, and whom it keeps."""
    rows = [
        (
            one.aim.key,
            f"{one.before:.3f}",
            f"{one.value:.3f}",
            f"{one.wrong} of {_cases(one, one.total)}",
            f"{_per_cent(one.limit)} %",
            "-" if one.kept is None else f"{100 * one.kept:.0f} %",
        )
        for one in chosen
    ]
    headings = ("threshold", "before", "now", "on the wrong side", "at most", "own views over it")
    return rows_table(f"Calibration; at most: with {100 * CONFIDENCE:.0f} % confidence", headings, rows)


def not_shown(one: Calibrated) -> str:
    """Say what the data is too little to show, and what was done instead."""
    takes = f"{_cases(one, one.total)} cannot show {_per_cent(one.rate)} %: that takes {_cases(one, one.needed)}"
    if one.aim.bars_strangers:
        takes += f", all of {people(one.people_needed)}"
    moved = "stays" if one.value == one.before else f"goes from {one.before:.3f} to {one.value:.3f}, to be careful"
    return f"{one.aim.key}: {takes}; it {moved}"


def thresholds_yaml(chosen: Sequence[Calibrated]) -> str:
    """Write thresholds as they stand in sources.yaml; at least one."""
    return yaml.safe_dump({"reid": {"thresholds": {one.aim.key: one.value for one in chosen}}}, sort_keys=False)


def _cases(one: Calibrated, count: int) -> str:
    if not one.aim.bars_strangers:
        return people(count)
    return f"{count} pair{'' if count == 1 else 's'} of people"


def _per_cent(share: float) -> str:
    """Write a share with two digits that count."""
    return f"{100 * share:.2g}"
