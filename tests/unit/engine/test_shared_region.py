"""Memory shared by name: parts are leased, and nothing stays behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest

from haven_server.engine.shared_region import FOLDER, PREFIX, SharedRegion, is_alive, sweep

OWNER_THAT_IS_KILLED = """
import os, signal
from haven_server.engine.shared_region import SharedRegion
print(SharedRegion(4096).name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def region() -> Iterator[SharedRegion]:
    region = SharedRegion(1000)
    yield region
    region.close()


def test_leases_of_one_time_do_not_overlap_and_their_room_is_given_out_again(region: SharedRegion) -> None:
    with region.lease(100) as first, region.lease(500) as second:
        assert (first, second) == (0, 128)
        with region.lease(300) as third:
            assert third == 640
        with region.lease(400) as too_much:
            assert too_much is None
    with region.lease(1000) as unaligned:
        assert unaligned is None
    with region.lease(960) as all_of_it:
        assert all_of_it == 0


def test_a_gap_between_leases_is_used(region: SharedRegion) -> None:
    first, middle = ExitStack(), ExitStack()
    first.enter_context(region.lease(256))
    middle.enter_context(region.lease(256))
    with region.lease(256) as last:
        middle.close()
        with region.lease(256) as gap:
            assert (gap, last) == (256, 512)
    first.close()


def test_what_is_written_is_read_by_name(region: SharedRegion) -> None:
    tensor = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)[:, ::-1]
    region.write(64, tensor)
    assert (FOLDER / region.name).read_bytes()[64:88] == tensor.tobytes()


def test_nothing_stays_behind(region: SharedRegion) -> None:
    assert is_alive(region.name)
    region.close()
    region.close()
    assert not is_alive(region.name) and not (FOLDER / region.name).exists()


def test_more_than_there_is_is_refused_and_leaves_nothing() -> None:
    before = set(FOLDER.glob(f"{PREFIX}*"))
    with pytest.raises(OSError, match=r"No space left|too large"):
        SharedRegion(1 << 50)
    assert set(FOLDER.glob(f"{PREFIX}*")) == before


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(region: SharedRegion) -> None:
    killed = subprocess.run([sys.executable, "-c", OWNER_THAT_IS_KILLED], capture_output=True, text=True, check=False)
    name = killed.stdout.strip()
    assert (FOLDER / name).exists() and not is_alive(name)
    sweep()
    assert not (FOLDER / name).exists() and is_alive(region.name)
