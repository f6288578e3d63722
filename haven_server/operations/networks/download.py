"""Fetch one file over HTTP, go on where a download broke off, and hold it to its sha256: URL -> file."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from haven_server.errors import DamagedDownloadError, DownloadError, writing

TIMEOUT_S: Final = 30.0
"""How long a server may stay silent."""
_CHUNK: Final = 1 << 18
"""Bytes between two reports of progress."""
_ANOTHER_FILE: Final = (
    "what came was removed and nothing installed: try once more; if it is the same again, somebody changed that file"
)

Report = Callable[[int], None]
"""Takes the number of bytes that are there."""


def download(url: str, sha256: str, size: int, folder: Path, report: Report, timeout_s: float = TIMEOUT_S) -> Path:
    """Have a file in a folder, named by its sha256, and fetch of it what is not there yet.

    A connection that breaks off is taken up again as long as each one brings something.

    Args:
        sha256: of the whole file, in lower-case hexadecimal digits.  size: of the whole file, in bytes.
        folder: made where it does not exist; what has come of an unfinished file lies there as ``SHA256.part``.
    Raises:
        DownloadError: there is no network, no such server or file, or somebody else fetches it just now.
        DamagedDownloadError: the file there has another size or another sha256.
        OutputError: the folder cannot be written.
    """
    whole, part = folder / sha256, folder / f"{sha256}.part"
    if whole.is_file():
        _judge(whole, url, sha256)
        report(size)
        return whole
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = part.open("ab")
    with file:
        _lock(file, url)
        # Whoever held the lock until now may have finished it.
        if whole.is_file():
            report(size)
            return whole
        _complete(file, url, size, report, timeout_s)
        # Under its lock, so that nobody else still writes what was judged.
        _judge(part, url, sha256)
        with writing(whole):
            part.replace(whole)
    return whole


def _lock(file: BinaryIO, url: str) -> None:
    """Keep others away from an unfinished file until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DownloadError(f"{url}: another process is fetching it; wait for that one to end") from None


def _complete(file: BinaryIO, url: str, size: int, report: Report, timeout_s: float) -> None:
    """Fetch what an unfinished file lacks, by as many connections as it takes."""
    while (before := file.tell()) < size:
        report(before)
        try:
            _continue(file, url, size, report, timeout_s)
        except urllib.error.HTTPError as error:
            raise DownloadError(f"{url}: {_refusal(error)}") from error
        except (OSError, http.client.HTTPException) as error:
            # An URLError holds the cause that a person can do something about.
            cause = error.reason if isinstance(error, urllib.error.URLError) else error
            state = f"broke off after {file.tell()} of {size} bytes" if before else "cannot be had"
            problem = f"{state} ({cause})"
        else:
            problem = f"the server sent {file.tell()} of {size} bytes"
        # Less than before is no progress either: a server that knows no parts began anew, and broke off earlier.
        if file.tell() <= before:
            raise DownloadError(
                f"{url}: {problem}; is there a network? The same command goes on from what is there, and a file that "
                "was brought by other ways is installed by `haven models import`"
            )
    with writing(file.name):
        file.flush()


def _continue(file: BinaryIO, url: str, size: int, report: Report, timeout_s: float) -> None:
    """Append what one connection brings."""
    have = file.tell()
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=timeout_s) as response:
        if have and response.status != http.HTTPStatus.PARTIAL_CONTENT:
            # This server sends whole files only.
            with writing(file.name):
                file.seek(0)
                file.truncate()
        while chunk := response.read(_CHUNK):
            with writing(file.name):
                file.write(chunk)
            if file.tell() > size:
                _discard(Path(file.name))
                raise DamagedDownloadError(f"{url}: longer than the {size} bytes it should have; {_ANOTHER_FILE}")
            report(file.tell())


def _judge(path: Path, url: str, sha256: str) -> None:
    """Hold what came, now or earlier, to its sha256, and keep nothing else."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        _discard(path)
        raise DamagedDownloadError(f"{url}: has the sha256 {found}, not {sha256}; {_ANOTHER_FILE}")


def _discard(path: Path) -> None:
    with writing(path):
        path.unlink()


def _refusal(error: urllib.error.HTTPError) -> str:
    """Say what a server's answer means for whoever wants the file."""
    said = f"HTTP {error.code} {error.reason}"
    if error.code in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE):
        return f"{said}: the file is no longer there; mend the manifest's url, or take another network"
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return f"{said}: the file there is shorter than it should be; mend the manifest's url, or take another network"
    if error.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR or error.code == http.HTTPStatus.TOO_MANY_REQUESTS:
        return f"{said}: try later"
    return f"{said}: the server does not give this file to everybody"
