"""Writes what Triton must know of a role: contract -> config.pbtxt.

No kind of `instance_group` is given, so that Triton uses the GPU where there is one. A size that depends on the
installed network is -1, so that one file serves every network of its role.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from haven_server.perception.contract import CONTRACTS, TensorSpec
from haven_server.types import ModelRole

MAX_BATCH_SIZE: Final = 32
"""Pictures in one request at most; Triton refuses longer batches, the embedded engine has no limit."""
QUEUE: Final = (
    "dynamic_batching {",
    "  default_queue_policy { max_queue_size: 64, timeout_action: REJECT, default_timeout_microseconds: 5000000 }",
    "}",
)
"""What waits: of more than 64 calls at once some are refused, and a call whose client has given up is not made."""
INSTANCES: Final = ("instance_group [ { count: 2 } ]",)
"""Two calls at once: with one, 16 to 27 % less came through, for 4 to 11 % less CPU (`python -m bench engine`)."""
_DATA_TYPES: Final = {
    np.dtype(np.uint8): "TYPE_UINT8",
    np.dtype(np.float32): "TYPE_FP32",
    np.dtype(np.int32): "TYPE_INT32",
}


def config_path(repository: Path, role: ModelRole) -> Path:
    """Name the file in which Triton looks for a role's configuration."""
    return repository / role.value / "config.pbtxt"


def config_text(role: ModelRole, tuning: Sequence[str] | None = None) -> str:
    """Spell a role's configuration.

    Args:
        tuning: lines of how it is run; None: those that `python -m bench engine` found best.
    """
    contract = CONTRACTS[role]
    if tuning is None:
        tuning = (*QUEUE, *INSTANCES, *warm_up(role))
    return "\n".join(
        [
            "# Written from haven_server/perception/contract.py. Sizes of -1 depend on the installed network.",
            f'name: "{role.value}"',
            'backend: "onnxruntime"',
            f"max_batch_size: {MAX_BATCH_SIZE}",
            *_tensors("input", (contract.image,)),
            *_tensors("output", contract.outputs),
            *tuning,
            "",
        ]
    )


def warm_up(role: ModelRole) -> tuple[str, ...]:
    """Have Triton run a network once before it is ready, where the input's size does not depend on the network."""
    sizes = CONTRACTS[role].image.shape[1:]
    if not all(isinstance(axis, int) for axis in sizes):
        return ()
    dims = ", ".join(str(axis) for axis in sizes)
    picture = (
        f'key: "{CONTRACTS[role].image.name}", value: {{ data_type: TYPE_UINT8, dims: [ {dims} ], zero_data: true }}'
    )
    return (f'model_warmup [ {{ name: "one", batch_size: 1, inputs: {{ {picture} }} }} ]',)


def _tensors(kind: str, specs: tuple[TensorSpec, ...]) -> list[str]:
    """Spell the tensors of one side; the batch axis is left out, as Triton has it."""
    lines = []
    for spec in specs:
        sizes = ", ".join(str(axis) if isinstance(axis, int) else "-1" for axis in spec.shape[1:])
        lines.append(f'  {{ name: "{spec.name}", data_type: {_DATA_TYPES[spec.dtype]}, dims: [ {sizes} ] }}')
    return [f"{kind} [", ",\n".join(lines), "]"]
