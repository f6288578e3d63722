"""A file comes whole, goes on after a break, and is what it should be, or nothing is left of it; from a real server."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path

import numpy as np
import pytest

from haven_server.errors import DamagedDownloadError, DownloadError, OutputError
from haven_server.operations.networks.download import download
from tests.file_server import FileServer

CONTENT = np.random.default_rng(1).bytes(600_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)
PATH = "/network.onnx"


@pytest.fixture
def server(file_server: FileServer) -> FileServer:
    """A server with one file."""
    file_server.files[PATH] = CONTENT
    return file_server


def fetch(server: FileServer, folder: Path, sha256: str = SHA256, size: int = SIZE) -> tuple[Path, list[int]]:
    told: list[int] = []
    return download(server.url(PATH), sha256, size, folder, told.append), told


def test_a_file_comes_whole_and_its_progress_is_told(server: FileServer, tmp_path: Path) -> None:
    path, told = fetch(server, tmp_path / "cache")
    assert path.read_bytes() == CONTENT
    assert told == sorted(told) and told[0] == 0 and told[-1] == SIZE and len(told) > 2
    assert [each.name for each in path.parent.iterdir()] == [SHA256]


def test_what_is_there_is_not_fetched_again(server: FileServer, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    path, told = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT
    assert (len(server.asked), told) == (1, [SIZE])


def test_what_was_damaged_since_it_came_is_removed_and_fetched_by_the_next_call(
    server: FileServer, tmp_path: Path
) -> None:
    path, _ = fetch(server, tmp_path)
    path.write_bytes(b"damaged")
    with pytest.raises(DamagedDownloadError, match="sha256"):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path)[0].read_bytes() == CONTENT


def test_a_connection_that_breaks_off_is_taken_up_where_it_stopped(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [1000, 2000]
    path, _ = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=1000-", "bytes=3000-"]


def test_a_later_call_goes_on_where_an_earlier_one_had_to_end(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [1000, 0]
    with pytest.raises(DownloadError, match=rf"the server sent 1000 of {SIZE} bytes; .* goes on from what is there"):
        fetch(server, tmp_path)
    path, told = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT
    assert (server.asked[-1], told[0]) == ("bytes=1000-", 1000)


def test_a_server_that_knows_no_parts_sends_all_of_it_again(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [1000]
    server.ranges = False
    path, told = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT
    assert (server.asked, told[-1]) == ([None, "bytes=1000-"], SIZE)


def test_a_server_that_knows_no_parts_and_always_breaks_off_is_given_up(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [1000, 900, 1000, 900, 1000]
    server.ranges = False
    with pytest.raises(DownloadError, match=f"the server sent 900 of {SIZE} bytes"):
        fetch(server, tmp_path)


def test_another_file_than_the_one_known_is_refused_and_removed(server: FileServer, tmp_path: Path) -> None:
    wanted = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(DamagedDownloadError, match=f"has the sha256 {SHA256}, not {wanted}; what came was removed"):
        fetch(server, tmp_path, sha256=wanted)
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_another_file_is_found_out_and_the_next_call_begins_anew(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / f"{SHA256}.part").write_bytes(b"somebody else's")
    with pytest.raises(DamagedDownloadError, match="sha256"):
        fetch(server, tmp_path)
    path, _ = fetch(server, tmp_path)
    assert path.read_bytes() == CONTENT


def test_a_file_that_is_longer_than_known_is_given_up_before_it_fills_the_disk(
    server: FileServer, tmp_path: Path
) -> None:
    with pytest.raises(DamagedDownloadError, match="longer than the 1000 bytes it should have"):
        fetch(server, tmp_path, size=1000)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_shorter_than_known_is_told_with_both_lengths(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"HTTP 416 .*: the file there is shorter than it should be"):
        fetch(server, tmp_path, size=SIZE + 1)


def test_a_file_that_is_gone_is_told_with_what_to_do(server: FileServer, tmp_path: Path) -> None:
    server.files.clear()
    with pytest.raises(DownloadError, match=r"network\.onnx: HTTP 404 Not Found: the file is no longer there; mend"):
        fetch(server, tmp_path)


def test_without_a_server_the_network_is_asked_after(server: FileServer, tmp_path: Path) -> None:
    server.close()
    with pytest.raises(DownloadError, match=r"cannot be had \(.*refused\); is there a network\?"):
        fetch(server, tmp_path)


def test_two_who_fetch_one_file_at_once_are_kept_apart(server: FileServer, tmp_path: Path) -> None:
    with (tmp_path / f"{SHA256}.part").open("ab") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(DownloadError, match="another process is fetching it"):
            fetch(server, tmp_path)
    assert server.asked == []


def test_a_folder_that_cannot_be_written_is_named(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(OutputError, match="cache: cannot be written"):
        fetch(server, tmp_path / "cache")
