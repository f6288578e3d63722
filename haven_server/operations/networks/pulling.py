"""What `haven models pull` fetches: Published -> the network's file, whole and as its manifest says."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from haven_server.errors import ConfigurationError, writing
from haven_server.operations.networks.download import download
from haven_server.operations.networks.licences import require_consent
from haven_server.operations.networks.manifest import Published

Show = Callable[[str, int, int], None]
"""Takes a network's name, the bytes of its file that are there, and those it will have."""


def pull(networks: Sequence[Published], accepted: Collection[str], cache: Path, folder: Path, show: Show) -> list[Path]:
    """Fetch networks, each into a file named after it.

    Args:
        accepted: licences that were agreed to.
        cache: keeps what was fetched, so that nothing is fetched twice.
        folder: takes the networks.
    Returns:
        One ONNX file for each network, in their order.
    Raises:
        LicenceError: somebody has to agree first; nothing was fetched then.
        DownloadError: a file cannot be had, or is another one.
        ConfigurationError: an archive has no such member.
        OutputError: a folder cannot be written.
    """
    require_consent({network.name: network.licence for network in networks}, accepted)
    fetched = []
    for network in networks:

        def report(done: int, network: Published = network) -> None:
            show(network.name, done, network.size)

        fetched.append(download(network.url, network.sha256, network.size, cache, report))
    return [_take_out(network, file, folder) for network, file in zip(networks, fetched, strict=True)]


def _take_out(network: Published, file: Path, folder: Path) -> Path:
    """Put a network beside the others under its own name, out of its archive where it lies in one."""
    target = folder / f"{network.name}.onnx"
    with writing(target):
        if network.member is None:
            target.symlink_to(file.resolve())
            return target
        try:
            with zipfile.ZipFile(file) as archive, archive.open(network.member) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        except (KeyError, zipfile.BadZipFile) as error:
            raise ConfigurationError(
                f"{network.name}: {network.url} holds no {network.member} ({error}); mend the manifest"
            ) from error
    return target
