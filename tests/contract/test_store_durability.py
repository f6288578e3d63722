"""What is acknowledged survives a kill at any instant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from haven_server.storage.rows import prototype_values
from haven_server.storage.store import SQLStore
from haven_server.types import Changes

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
import numpy as np
from haven_server.storage.store import SQLStore
from haven_server.types import *

store = SQLStore.open(Path(sys.argv[1]), Path(sys.argv[2]))
vector = np.zeros(512, np.float32)
vector[0] = 1
box = np.array([0, 0, 10, 20], np.float32)
number = store.last_sequence()
while True:
    number += 1
    changes = Changes(
        identities=(IdentityRow(number, number, number, Assurance.TENTATIVE),),
        prototypes=(PrototypeRow(number, number, Modality.FACE, number, vector, 0.5, "cam1", "model"),),
        observations=(Observation(number, "cam1", 1, number, box, Posture.UNKNOWN),) * 5,
        events=(EventDraft(EventKind.IDENTITY_CREATED, number, global_id=number),),
    )
    (event,) = store.commit([changes])
    print(event.sequence, flush=True)
"""


def write_until_killed(database: Path, cache: Path, after: int) -> int:
    """Let another process commit, kill it once it acknowledged so much; return the last number it acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database), str(cache)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    with process:
        acknowledged = [int(process.stdout.readline()) for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return acknowledged[-1]


def test_a_killed_writer_lost_nothing_it_acknowledged_and_the_next_goes_on(
    tmp_path: Path, remembered: Callable[[SQLStore], Changes]
) -> None:
    database, cache = tmp_path / "haven.db", tmp_path / "bank"
    for after in (1, 7, 30):
        acknowledged = write_until_killed(database, cache, after)
        store = SQLStore.open(database, cache)
        kept = store.last_sequence()
        counted = store.statistics()
        with store._database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        events = store.events_after(0, kept + 1)
        from_cache = store.load_gallery(), remembered(store)
        store.close()

        assert kept in (acknowledged, acknowledged + 1)  # the last one may have had no time to say so
        assert [event.sequence for event in events] == list(range(1, kept + 1))
        assert (counted.identities, counted.embeddings, counted.observations) == (kept, kept, 5 * kept)

        store = SQLStore.open(database)
        from_rows = store.load_gallery(), remembered(store)
        store.close()
        assert from_cache[0] == from_rows[0]
        assert [prototype_values(row) for row in from_cache[1].prototypes] == [
            prototype_values(row) for row in from_rows[1].prototypes
        ]
        assert from_rows[0].next_global_id == kept + 1
