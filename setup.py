"""Builds what is not Python: the Cython kernels of haven_core and the stubs of proto/haven/v1.

Both are hooked into ``build_py``, so that ``pip install .`` and ``pip install -e .`` need no other step;
``python setup.py build_ext --inplace`` and ``python setup.py build_protos`` do one of them alone.
Everything that is not code of ours to run at build time stands in pyproject.toml.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import ClassVar

import numpy as np
from Cython.Build import cythonize
from setuptools import Command, Extension, find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent.resolve()
DEBUG_BUILD = os.environ.get("HAVEN_DEBUG_BUILD") == "1"
"""True: kernels check every index and abort with a Python error instead of reading past the end."""
SANITIZED = os.environ.get("HAVEN_SANITIZE") == "1"
"""True: kernels stop at once where they misuse memory or numbers; what finds that is preloaded by `make sanitize`."""

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": DEBUG_BUILD,
    "wraparound": False,
    "initializedcheck": DEBUG_BUILD,
    "cdivision": not DEBUG_BUILD,
    "embedsignature": True,
}

OPTIMISATION = ["-O1", "-g"] if DEBUG_BUILD or SANITIZED else ["-O3"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"] if SANITIZED else []

VARIED = "_arithmetic"
"""The source that is built once for each instruction set, as ``_arithmetic_avx2`` and so on."""

VARIANTS = {
    "x86_64": {
        "avx512vnni": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni", "-mfma"],
        "avx2": ["-mavx2", "-mfma"],
        "x86_64": [],
    },
    "aarch64": {"neon_dotprod": ["-march=armv8.2-a+dotprod"], "neon": []},
}
"""Compiler flags by machine and instruction set; haven_core/_isa.pyx tells which of them a machine runs."""


def kernels() -> list[Extension]:
    """List one extension for each ``haven_core/*.pyx``, and one for each variant of what has variants."""
    sources = sorted((ROOT / "haven_core").glob("*.pyx"))
    # Generated C lies apart from the sources, and a debug build apart from a plain one: directives do not
    # count when Cython asks whether a file is stale.
    folder = "build/cython-debug" if DEBUG_BUILD else "build/cython"
    built = translate([extension(path, path.stem) for path in sources if path.stem != VARIED], folder)
    for name, flags in VARIANTS.get(platform.machine(), {"portable": []}).items():
        variant = extension(ROOT / "haven_core" / f"{VARIED}.pyx", f"{VARIED}_{name}")
        (variant,) = translate([variant], f"{folder}/{name}")
        # Only now: Cython gives what it was told of a source to all that is built of it. And vectors wider than the
        # machine's never leave the file, so it does not matter how they would be passed.
        variant.extra_compile_args = [*variant.extra_compile_args, *flags, "-Wno-psabi"]
        built.append(variant)
    return built


def extension(source: Path, name: str) -> Extension:
    """Say how one module is compiled."""
    return Extension(
        f"haven_core.{name}",
        [source.relative_to(ROOT).as_posix()],
        include_dirs=[np.get_include(), "haven_core"],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
        # Products and sums are rounded each by itself, so that every machine gets the same bits.
        extra_compile_args=["-ffp-contract=off", *OPTIMISATION, *(["-UNDEBUG"] if DEBUG_BUILD else []), *SANITIZERS],
        extra_link_args=SANITIZERS,
    )


def translate(modules: list[Extension], folder: str) -> list[Extension]:
    """Have Cython write the C of some modules below a folder."""
    translated: list[Extension] = cythonize(  # type: ignore[no-untyped-call]
        modules, compiler_directives=DIRECTIVES, build_dir=folder
    )
    return translated


def find_plugin(name: str) -> str:
    """Return the path of a protoc plugin, looked for beside the running interpreter first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(name, path=path)
    if found is None:
        raise SystemExit(f"{name} is missing: pip install mypy-protobuf")
    return found


class BuildProtos(Command):
    """Writes ``*_pb2*.py`` and their type stubs beside ``proto/haven/v1/*.proto``."""

    description = "generate the Python stubs of proto/haven/v1"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []

    def initialize_options(self) -> None:
        """Take no options."""

    def finalize_options(self) -> None:
        """Take no options."""

    def run(self) -> None:
        """Run protoc once over all files; stop the build when it finds fault."""
        from grpc_tools import protoc

        include = ROOT / "proto"
        files = sorted((include / "haven" / "v1").glob("*.proto"))
        if not files:
            return
        arguments = [
            "protoc",
            f"-I{include}",
            f"-I{resources.files('grpc_tools') / '_proto'}",
            *(f"--plugin={name}={find_plugin(name)}" for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")),
            *(f"--{kind}_out={include}" for kind in ("python", "grpc_python")),
            *(f"--{kind}_out=quiet:{include}" for kind in ("mypy", "mypy_grpc")),
            *map(str, files),
        ]
        if protoc.main(arguments) != 0:
            raise SystemExit("protoc found fault with proto/haven/v1: see above")


class BuildPy(build_py):
    """Generates the stubs before Python files are gathered."""

    def run(self) -> None:
        """Generate, then gather."""
        self.run_command("build_protos")
        super().run()


setup(
    packages=[*find_packages(include=["haven_server*", "haven_core"]), "haven", "haven.v1", "haven_client"],
    package_dir={"haven": "proto/haven", "haven_client": "clients/haven_client"},
    package_data={
        "haven_server.evaluation": ["*.html"],
        "haven_core": ["*.pxd", "*.pyx", "*.h"],
        "": ["*.pyi", "py.typed"],
    },
    ext_modules=kernels(),
    cmdclass={"build_protos": BuildProtos, "build_py": BuildPy},
    options={"build_ext": {"parallel": str(os.cpu_count() or 1)}},
)
