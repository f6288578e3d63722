"""`haven models`: bring, fetch, export, list and check networks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from haven_server import models
from haven_server.cli.common import EXIT_FAILED, app, err, interruptible, out
from haven_server.operations.cache import user_cache
from haven_server.operations.networks import manifest as published
from haven_server.operations.networks.exporting import ENVIRONMENT, ExportPlan, export
from haven_server.operations.networks.pulling import pull
from haven_server.terminal.bars import DownloadBars
from haven_server.terminal.tables import imports_table, models_table, published_table

DEFAULT_REPOSITORY = Path("triton_models/production")

Repository = Annotated[Path, typer.Option("--repository", help="Model repository: one folder per role.")]
Accepted = Annotated[
    list[str] | None,
    typer.Option("--accept-licence", metavar="NAME", help="Agree to a licence that binds you; may be repeated."),
]

models_app = typer.Typer(name="models", help="Bring, fetch, export, list and check networks.", no_args_is_help=True)
app.add_typer(models_app)


@models_app.command("import", epilog="Example: haven models import ~/networks/yolov8n.onnx")
def import_models(
    path: Annotated[Path, typer.Argument(help="A raw ONNX network, or a folder of them.")],
    repository: Repository = DEFAULT_REPOSITORY,
    name: Annotated[str | None, typer.Option(help="Name to record; default: the file's, without its size.")] = None,
) -> None:
    """Recognise raw networks, wrap them to HAVEN's contract, prove them equal, and install them."""
    _tell_imported(models.import_models(path, repository, name))


@models_app.command("pull", epilog="Example: haven models pull face_detection_yunet_2023mar")
def pull_models(
    names: Annotated[list[str] | None, typer.Argument(help="Names in the manifest.", show_default=False)] = None,
    manifest: Annotated[Path, typer.Option(help="YAML or JSON list of published files.")] = published.SHIPPED,
    repository: Repository = DEFAULT_REPOSITORY,
    accept_licence: Accepted = None,
    list_them: Annotated[bool, typer.Option("--list", help="List what can be pulled, and exit.")] = False,
) -> None:
    """Fetch networks that their makers publish, hold them to their sha256, and import them.

    A download that broke off goes on where it stopped.
    """
    known = published.read_manifest(manifest)
    if list_them:
        out.print(published_table(str(manifest), known))
        return
    if not names:
        raise typer.BadParameter("name a network: `haven models pull --list` shows what there is")
    wanted = known.find(names)
    with (
        interruptible("the same command goes on from what is there"),
        tempfile.TemporaryDirectory() as scratch,
    ):
        with DownloadBars(err) as bars:
            files = pull(wanted, accept_licence or (), user_cache(os.environ, "networks"), Path(scratch), bars.show)
        for network, file in zip(wanted, files, strict=True):
            _tell_imported(models.import_models(file, repository, network.name, network.role))


@models_app.command("export", epilog="Example: haven models export yolov8n --size 320 --accept-licence AGPL-3.0")
def export_models(
    names: Annotated[list[str], typer.Argument(help="Such as yolov8n, yolo11n-pose, osnet_x0_25 or buffalo_sc.")],
    repository: Repository = DEFAULT_REPOSITORY,
    accept_licence: Accepted = None,
    size: Annotated[int, typer.Option(help="Input of YOLO networks, px; a multiple of 32.", min=32, max=2048)] = 640,
    weights: Annotated[Path | None, typer.Option(help="Trained weights, for one name; OSNet needs some.")] = None,
    untrained: Annotated[bool, typer.Option("--untrained", help="Random weights: to try what follows.")] = False,
    environment: Annotated[Path, typer.Option(help="Folder of the makers' tools, never HAVEN's own.")] = ENVIRONMENT,
) -> None:
    """Export networks by their makers' own tools, in an environment of their own, and import them.

    The first time this installs the tools: gigabytes.
    """
    cache = user_cache(os.environ, "networks")
    accepted = frozenset(accept_licence or ())
    plan = ExportPlan(tuple(names), size, weights, untrained, accepted, environment, cache)
    with interruptible("no network was installed"), tempfile.TemporaryDirectory() as scratch:
        export(plan, Path(scratch), lambda text: err.print(text, markup=False, highlight=False))
        _tell_imported(models.import_models(Path(scratch), repository))


@models_app.command("list", epilog="Example: haven models list")
def list_models(repository: Repository = DEFAULT_REPOSITORY) -> None:
    """List the networks that are installed, role by role."""
    _show(repository, models.list_models(repository))


@models_app.command("check", epilog="Example: haven models check")
def check_models(repository: Repository = DEFAULT_REPOSITORY) -> None:
    """Load every installed network, run it, and hold it against its contract."""
    statuses = models.check_models(repository)
    _show(repository, statuses)
    if any(status.problem is not None for status in statuses):
        raise typer.Exit(EXIT_FAILED)


def _tell_imported(results: Sequence[models.ImportResult]) -> None:
    """Print what was installed from which file."""
    out.print(imports_table(results))
    if any(result.passed_over for result in results):
        out.print(f"Of several files for one role one was taken: {models.CHOICE_RULE}.")


def _show(repository: Path, statuses: Sequence[models.ModelStatus]) -> None:
    """Print what stands in each role's place, and once how to fill those that are empty."""
    out.print(models_table(str(repository), statuses))
    if any(status.problem == models.NOT_INSTALLED for status in statuses):
        out.print(f"Install what is missing: haven models import PATH --repository {repository}", soft_wrap=True)
