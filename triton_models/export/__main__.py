"""`python -m triton_models.export PACKAGE NAME --folder FOLDER`: a network's name -> a raw ONNX file."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from triton_models.export.order import Order

PACKAGES = ("ultralytics", "torchreid", "insightface")


def main() -> None:
    """Do one order; the package's tools say on stderr what goes wrong."""
    parser = argparse.ArgumentParser(prog="python -m triton_models.export", description=__doc__)
    parser.add_argument("package", choices=PACKAGES)
    parser.add_argument("name")
    parser.add_argument("--folder", type=Path, required=True, help="takes the ONNX files")
    parser.add_argument("--size", type=int, default=640, help="input height and width of a detector")
    parser.add_argument("--weights", type=Path, help="trained weights, instead of the makers' own")
    parser.add_argument("--untrained", action="store_true", help="random weights")
    arguments = vars(parser.parse_args())
    # Only the environment of that package has what its module imports.
    module = importlib.import_module(f"triton_models.export.with_{arguments.pop('package')}")
    module.export(Order(**arguments))


main()
