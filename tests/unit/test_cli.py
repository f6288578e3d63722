"""What all commands share."""

from __future__ import annotations

import pytest
import typer

from haven_server.cli.common import EXIT_INTERRUPTED, interruptible


def test_an_interrupted_command_says_what_is_left_and_exits_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as left, interruptible("half of it is there"):
        raise KeyboardInterrupt
    assert left.value.exit_code == EXIT_INTERRUPTED
    assert "interrupted: half of it is there" in capsys.readouterr().err
