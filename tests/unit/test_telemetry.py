from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from haven_server.settings import Settings
from haven_server.telemetry import SAMPLES_KEPT, StageTimes, configure_logging, logger

CAMERA = {"id": "c", "type": "rtsp", "source": "rtsp://u:hunter2@h/1?key=abcdef", "password": "hunter2"}


@pytest.fixture
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def configure(level: str = "INFO") -> None:
    configure_logging(Settings.model_validate({"general": {"log_level": level}, "cameras": [CAMERA]}))


@pytest.mark.usefixtures("logging_restored")
def test_logs_go_to_stderr_from_the_level_up(capsys: pytest.CaptureFixture[str]) -> None:
    configure("WARNING")
    logger("x").info("quiet")
    logger("x").warning("loud", camera="cam1")
    out, err = capsys.readouterr()
    assert out == ""
    assert "quiet" not in err
    assert "loud" in err
    assert "cam1" in err


@pytest.mark.usefixtures("logging_restored")
def test_secrets_are_masked_in_lines_facts_and_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    logger("x").info("opening rtsp://u:hunter2@h/1", source=CAMERA["source"], other="rtsp://a:b@c/d")
    try:
        raise ValueError("bad password hunter2")
    except ValueError:
        logger("x").exception("failed")
        logging.getLogger("library").exception("failed with hunter2")
    err = capsys.readouterr().err
    assert "ValueError" in err
    for secret in ("hunter2", "abcdef", "a:b@"):
        assert secret not in err


@pytest.mark.usefixtures("logging_restored")
def test_libraries_are_heard_from_warnings_up(capsys: pytest.CaptureFixture[str]) -> None:
    configure("DEBUG")
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("trouble")
    assert capsys.readouterr().err == "WARNING library: trouble\n"


def test_a_stage_is_counted_and_its_times_add_up() -> None:
    times = StageTimes()
    for _ in range(3):
        with times.stage("detect"):
            pass
    with times.stage("track", cpu=True):
        sum(range(10_000))
    detect, track = times.summary()
    assert (detect.name, detect.calls, detect.cpu_ms) == ("detect", 3, None)
    assert 0 < detect.p50_ms <= detect.p95_ms <= detect.p99_ms
    assert detect.total_s >= 0
    assert track.cpu_ms is not None
    assert track.cpu_ms > 0


def test_a_stage_that_raises_counts_too() -> None:
    times = StageTimes()
    with pytest.raises(KeyError), times.stage("pose"):
        raise KeyError
    assert times.summary()[0].calls == 1


async def test_a_blocking_function_is_run_and_timed_in_another_thread() -> None:
    times = StageTimes()
    threads = await asyncio.gather(
        *(times.in_thread("work", lambda: threading.current_thread().name) for _ in range(3))
    )
    assert threading.current_thread().name not in threads
    (work,) = times.summary()
    assert work.calls == 3
    assert work.cpu_ms is not None


def test_memory_is_bounded_and_every_call_counts() -> None:
    times = StageTimes()
    for _ in range(SAMPLES_KEPT + 500):
        with times.stage("detect"):
            pass
    assert times.summary()[0].calls == SAMPLES_KEPT + 500
    assert len(times._stages["detect"]._sample) == SAMPLES_KEPT


def test_calls_of_many_threads_are_all_counted() -> None:
    times = StageTimes()

    def work() -> None:
        for _ in range(500):
            with times.stage("detect"):
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert times.summary()[0].calls == 2000


def test_durations_are_a_prometheus_histogram_of_their_own() -> None:
    times = StageTimes()
    with times.stage("detect"):
        pass
    assert times.registry.get_sample_value("haven_stage_seconds_count", {"stage": "detect"}) == 1
    assert StageTimes().registry.get_sample_value("haven_stage_seconds_count", {"stage": "detect"}) is None


def test_a_summary_is_json_without_its_name() -> None:
    times = StageTimes()
    with times.stage("detect"):
        pass
    assert list(times.summary()[0].as_dict()) == ["calls", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "total_s", "cpu_ms"]
