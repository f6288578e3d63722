from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from haven_server.errors import SourceError
from haven_server.sources.video import VideoSource
from haven_server.types import Frame

WriteVideo = Callable[..., Path]
START = 1_000_000_000_000_000_000


async def read(path: Path, fps_limit: float = 240.0, start_offset_s: float = 0.0) -> list[Frame]:
    frames, error = await read_to_the_error(path, fps_limit, start_offset_s)
    if error is not None:
        raise error
    return frames


async def read_to_the_error(
    path: Path, fps_limit: float = 240.0, start_offset_s: float = 0.0
) -> tuple[list[Frame], SourceError | None]:
    frames = []
    try:
        async for frame in VideoSource("door", path, START, start_offset_s, fps_limit).frames():
            assert isinstance(frame, Frame)
            frames.append(frame)
    except SourceError as error:
        return frames, error
    return frames, None


def seconds(frames: list[Frame]) -> list[float]:
    return [(frame.captured_at - START) / 1e9 for frame in frames]


@pytest.mark.parametrize(("name", "codec"), [("clip.avi", "MJPG"), ("clip.mp4", "mp4v")])
async def test_every_frame_comes_in_order_with_its_own_picture(write_video: WriteVideo, name: str, codec: str) -> None:
    frames = await read(write_video(name, frames=20, codec=codec))
    assert [frame.index for frame in frames] == list(range(20))
    np.testing.assert_allclose([frame.image.mean() for frame in frames], 8 * np.arange(20) + 4, atol=4)


async def test_capture_time_is_run_start_plus_offset_plus_time_in_the_file(write_video: WriteVideo) -> None:
    frames = await read(write_video(frames=4, rate=10), start_offset_s=5)
    np.testing.assert_allclose(seconds(frames), [5.0, 5.1, 5.2, 5.3], atol=1e-6)


async def test_two_readings_of_one_file_are_equal_to_the_bit(write_video: WriteVideo) -> None:
    path = write_video(rate=29.97)
    first, second = await read(path), await read(path)
    assert [f.captured_at for f in first] == [f.captured_at for f in second]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("rate", "limit", "taken"),
    [
        (30, 30, list(range(12))),
        (29.97, 30, list(range(12))),
        (30, 15, [0, 2, 4, 6, 8, 10]),
        (30, 10, [0, 3, 6, 9]),
        (25, 30, list(range(12))),
        (10, 4, [0, 2, 5, 7, 10]),
    ],
)
async def test_fps_limit_skips_by_time_and_indexes_count_skipped_frames(
    write_video: WriteVideo, rate: float, limit: float, taken: list[int]
) -> None:
    frames = await read(write_video(frames=12, rate=rate), fps_limit=limit)
    assert [frame.index for frame in frames] == taken
    np.testing.assert_allclose(seconds(frames), np.array(taken) / rate, atol=1e-3)


def jpeg(level: int, height: int = 120, width: int = 160) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), level, np.uint8))[1].tobytes()


async def test_a_stream_without_timestamps_counts_25_frames_a_second(tmp_path: Path) -> None:
    path = tmp_path / "raw.mjpeg"
    path.write_bytes(b"".join(jpeg(level) for level in range(0, 80, 8)))
    assert VideoSource("door", path, START, 0, 30).expected_frames is None
    np.testing.assert_allclose(seconds(await read(path)), np.arange(10) / 25, atol=1e-6)


async def test_a_frame_of_another_size_in_mid_stream_comes_in_the_size_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "sizes.mjpeg"
    path.write_bytes(jpeg(40) * 3 + jpeg(200, height=240, width=320) * 2 + jpeg(40) * 3)
    frames = await read(path)
    assert {frame.image.shape for frame in frames} == {(120, 160, 3)}
    np.testing.assert_allclose([frame.image.mean() for frame in frames], [40, 40, 40, 200, 200, 40, 40, 40], atol=2)


async def test_a_truncated_file_delivers_what_it_holds_and_then_says_so(write_video: WriteVideo) -> None:
    path = write_video(frames=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    frames, error = await read_to_the_error(path)
    assert 5 <= len(frames) < 15
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert error is not None
    assert error.camera_id == "door"
    assert f"clip.avi: ends after {len(frames)} of 20 frames" in str(error)
    assert "copy it again" in str(error)


async def test_a_file_cut_off_before_its_index_cannot_be_opened(write_video: WriteVideo) -> None:
    path = write_video("clip.mp4", codec="mp4v")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match=r"clip\.mp4: cannot be opened as a video: .* ffmpeg"):
        await read(path)


async def test_a_trimmed_file_that_stores_more_than_it_shows_is_whole(write_video: WriteVideo) -> None:
    path = write_video("clip.mp4", frames=20, rate=10, codec="mp4v")
    trim_start(path, seconds=0.5)
    frames = await read(path)
    assert len(frames) == 15
    assert VideoSource("door", path, START, 0, 240).expected_frames == 20


def trim_start(path: Path, seconds: float) -> None:
    """Hide the beginning of an MP4, as trimming without encoding does: by its edit list and its stated length."""
    data = bytearray(path.read_bytes())
    movie, media, edit = data.index(b"mvhd"), data.index(b"mdhd"), data.index(b"elst")
    movie_scale, movie_length = struct.unpack_from(">II", data, movie + 16)
    (media_scale,) = struct.unpack_from(">I", data, media + 16)
    shown = movie_length - round(seconds * movie_scale)
    struct.pack_into(">I", data, movie + 20, shown)
    struct.pack_into(">II", data, edit + 12, shown, round(seconds * media_scale))
    path.write_bytes(data)


@pytest.mark.parametrize("codec", ["MJPG", "mp4v"])
async def test_a_video_of_no_frames_is_an_error(write_video: WriteVideo, codec: str) -> None:
    path = write_video("empty.avi", frames=0, codec=codec)
    with pytest.raises(SourceError, match=r"empty\.avi: (holds no frame|cannot be opened as a video: it holds none)"):
        await read(path)


async def test_what_is_no_video_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("not a video\n" * 50)
    (tmp_path / "nothing.mp4").touch()
    for name, problem in {
        "a\0b.mp4": "cannot be reached",
        "missing.mp4": "no such file; correct the camera's source",
        "notes.mp4/clip.mp4": "cannot be reached",
        ".": "is not a file",
        "notes.mp4": "cannot be opened as a video",
        "nothing.mp4": "holds no frame",
    }.items():
        with pytest.raises(SourceError, match="camera 'door'") as caught:
            await read(tmp_path / name)
        assert problem in caught.value.problem
        assert str(tmp_path) in caught.value.problem


async def test_the_home_folder_may_be_written_as_a_tilde(
    write_video: WriteVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(frames=3)
    monkeypatch.setenv("HOME", str(path.parent))
    assert len(await read(Path("~") / path.name)) == 3
    with pytest.raises(SourceError, match=r"~no-such-user/clip\.mp4: no such file"):
        await read(Path("~no-such-user/clip.mp4"))


async def test_a_colon_in_the_name_is_not_taken_for_a_protocol(
    write_video: WriteVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video("front:1.avi", frames=3)
    monkeypatch.chdir(path.parent)
    assert len(await read(Path(path.name))) == 3


async def test_nothing_is_written_to_stderr_past_the_log(
    write_video: WriteVideo, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_video(frames=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    await read_to_the_error(path)
    await read_to_the_error(path.parent / "missing.avi")
    assert capfd.readouterr().err == ""


def test_expected_frames_is_what_the_file_announces(write_video: WriteVideo, tmp_path: Path) -> None:
    assert VideoSource("door", write_video(frames=7), START, 0, 5).expected_frames == 7
    assert VideoSource("door", tmp_path / "missing.mp4", START, 0, 5).expected_frames is None


@pytest.mark.parametrize(
    ("name", "count", "last_s"),
    [
        ("twocam_room_cam2.mp4", 84, 2.774),
        ("fall_le2i_75.mp4", 192, 7.958),
        ("people-detection_768x432.264", 596, 23.8),
    ],
)
async def test_real_files_are_read_to_their_end(test_data: Path, name: str, count: int, last_s: float) -> None:
    frames = seconds(await read(test_data / "videos" / name))
    assert len(frames) == count
    assert all(np.diff(frames) > 0)
    assert frames[-1] == pytest.approx(last_s, abs=1e-3)
