"""`haven models`: bring, list and check networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from haven_server import models
from haven_server.cli.common import EXIT_FAILED, app, out
from haven_server.terminal.tables import imports_table, models_table

DEFAULT_REPOSITORY = Path("triton_models/production")

Repository = Annotated[Path, typer.Option("--repository", help="Model repository: one folder per role.")]

models_app = typer.Typer(name="models", help="Bring, list and check networks.", no_args_is_help=True)
app.add_typer(models_app)


@models_app.command("import", epilog="Example: haven models import ~/networks/yolov8n.onnx")
def import_models(
    path: Annotated[Path, typer.Argument(help="A raw ONNX network, or a folder of them.")],
    repository: Repository = DEFAULT_REPOSITORY,
    name: Annotated[str | None, typer.Option(help="Name to record; default: the file's, without its size.")] = None,
) -> None:
    """Recognise raw networks, wrap them to HAVEN's contract, prove them equal, and install them."""
    results = models.import_models(path, repository, name)
    out.print(imports_table(results))
    if any(result.passed_over for result in results):
        out.print(f"Of several files for one role one was taken: {models.CHOICE_RULE}.")


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


def _show(repository: Path, statuses: Sequence[models.ModelStatus]) -> None:
    """Print what stands in each role's place, and once how to fill those that are empty."""
    out.print(models_table(str(repository), statuses))
    if any(status.problem == models.NOT_INSTALLED for status in statuses):
        out.print(f"Install what is missing: haven models import PATH --repository {repository}", soft_wrap=True)
