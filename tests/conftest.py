"""What all tests share: the real data where it is at hand, and a rule for tests that skip."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from haven_server.errors import ServerFailedError

if TYPE_CHECKING:
    from haven_server.operations.triton.process import TritonServer
    from tests.file_server import FileServer

ROOT = Path(__file__).parents[1]
REAL_NETWORKS = ("yolov8n_320", "yolov8n-pose_320", "scrfd_500m_kps_640", "w600k_mbf", "osnet_x0_25_msmt17")
SKIPS_ALLOWED = ("HAVEN_TEST_DATA is missing", "needs a GPU", "needs glibc")
"""How the reason of a skipped test may begin where CI is set; any other skip fails the run."""


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real videos, pictures and networks, named by HAVEN_TEST_DATA."""
    folder = Path(os.environ.get("HAVEN_TEST_DATA", ROOT / ".." / "shared" / "data")).resolve()
    if not (folder / "models").is_dir():
        pytest.skip(f"HAVEN_TEST_DATA is missing: {folder} holds no test data")
    return folder


@pytest.fixture(scope="session")
def real_repository(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository with a real network in every role."""
    from haven_server.models import import_models

    repository = tmp_path_factory.mktemp("repository")
    for name in REAL_NETWORKS:
        import_models(test_data / "models" / f"{name}.onnx", repository)
    return repository


@pytest.fixture(scope="session")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """A real Triton for all tests; its repository is empty until a test puts networks there."""
    from haven_server.operations.triton import installation, process

    folder = installation.cache_folder(os.environ)
    try:
        installation.install(folder)
    except ServerFailedError as error:
        pytest.skip(f"no Triton: {error}")
    server = process.start(tmp_path_factory.mktemp("triton"), free_port(), folder, os.environ)
    yield server
    process.stop(server, folder)
    Path(server.log).unlink()


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    """An HTTP server without files."""
    from tests.file_server import FileServer

    server = FileServer()
    yield server
    server.close()


def free_port() -> int:
    """Give a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SkipRule:
    """Fails a run in which a test skipped for a reason that is not on the list."""

    def __init__(self) -> None:
        self.forbidden: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at each test's outcome."""
        self._judge(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Look at modules skipped as a whole."""
        self._judge(report)

    def _judge(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail") or not isinstance(report.longrepr, tuple):
            return
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith(SKIPS_ALLOWED):
            self.forbidden.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a green run red."""
        if self.forbidden and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which skips were not allowed."""
        for line in self.forbidden:
            terminalreporter.write_line(f"SKIP NOT ALLOWED {line}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Hold the run to the skip rule where CI is set."""
    # Whoever is started in the background by a script ignores Ctrl-C, and so would all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CI"):
        config.pluginmanager.register(SkipRule(), "skip-rule")
