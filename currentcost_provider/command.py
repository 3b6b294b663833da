"""The command `currentcost-provider`: the service and its administration."""

import asyncio
from pathlib import Path
from typing import Annotated

from currentcost_exchange import short_code
import typer

from . import (
    check_command,
    household_command,
    init_command,
    keeping_command,
    keys_command,
    operator_command,
    plan_command,
    results_command,
)
from .api import create_app
from .console import (
    Place,
    fail,
    now,
    place_of,
    provider_of,
    require_database,
    run_with,
    statement_of,
)
from .database import Database
from .logs import configure_log
from .registry import Registry
from .safety import dangers
from .server import UnusableAddress, create_server
from .service import Service
from .settings import DEFAULT_FILE, Settings, locate
from .workers import Workers, WorkersFailed, inherited, listen, orphaned

app = typer.Typer(
    help="Ask households how much they draw, and learn the bucket alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(init_command.init)
app.command()(keeping_command.migrate)
app.command()(keeping_command.backup)
app.command()(check_command.check)
app.add_typer(plan_command.app, name="plan")
app.add_typer(household_command.app, name="household")
app.add_typer(results_command.app, name="results")
app.add_typer(keys_command.app, name="keys")
app.add_typer(operator_command.app, name="operator")


def main() -> None:
    """Run the command."""
    app()


@app.callback()
def choose(
    context: typer.Context,
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="CURRENTCOST_PROVIDER_CONFIG",
            help="Configuration file; by default the one beside the database.",
            show_default=str(DEFAULT_FILE),
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="CURRENTCOST_PROVIDER_DATABASE",
            help="SQLite file, or postgresql://..., in place of the configuration's.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Remember which provider the command is about."""
    file = locate(config, database)
    if (
        config is not None
        and context.invoked_subcommand != "init"
        and not file.exists()
    ):
        fail(f"There is no configuration at {file}; `init` writes one.")
    context.obj = Place(file, database)


@app.command()
def serve(
    context: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="TLS certificate with its chain (PEM).")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key (PEM).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that answer.")
    ] = None,
    insecure: Annotated[
        bool | None,
        typer.Option("--insecure", help="Allow plain HTTP off this machine."),
    ] = None,
) -> None:
    """Serve households until told to stop.

    What is left out is as the configuration says. An unsafe one is refused.
    """
    settings = place_of(context).settings(
        host=host,
        port=port,
        certificate=certificate and certificate.absolute(),
        private_key=private_key and private_key.absolute(),
        insecure=insecure,
        workers=workers,
    )
    require_database(settings)
    if found := dangers(settings):
        fail(
            "\n".join(["This is not safe to serve:", *(f"- {each}" for each in found)])
        )

    configure_log(settings.log)
    try:
        if settings.workers > 1 and inherited() is None:
            _serve_with_workers(settings)
        else:
            _serve_alone(settings)
    except UnusableAddress as err:
        fail(str(err))


def _serve_alone(settings: Settings) -> None:
    """Answer in this process."""

    async def answer(database: Database) -> None:
        provider = await provider_of(database)
        # Programs are compiled now, not while the first household waits.
        for plan in await Registry(database).plans():
            if plan.end > now():
                statement_of(plan)
        service = Service(
            database, name=provider.name, identity=Registry(database).identity(provider)
        )

        def ready(address: str) -> None:
            # Whoever started the service may be waiting for this line.
            typer.echo(f"{service.name} ({service.fingerprint}) listens on {address}")

        certificate, private_key = settings.certificate_files
        server = create_server(
            create_app(service),
            host=settings.host,
            port=settings.port,
            certificate=certificate,
            private_key=private_key,
            ready=ready,
        )
        listening = inherited()
        if listening is None:
            await server.serve()
            return
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        leaving = asyncio.create_task(orphaned())
        await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        server.should_exit = True
        await serving

    run_with(settings, answer)


def _serve_with_workers(settings: Settings) -> None:
    """Let other processes answer, and look after them."""
    try:
        listening = listen(settings.host, settings.port)
    except OSError as err:
        fail(
            f"The service can't listen on {settings.host}, port {settings.port}:"
            f" {err.strerror}."
        )
    scheme = "https" if settings.certificate else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{scheme}://{host}:{listening.getsockname()[1]}"

    async def look_after(database: Database) -> None:
        provider = await provider_of(database)
        fingerprint = short_code(Registry(database).identity(provider).key)
        await database.close()

        def ready() -> None:
            typer.echo(
                f"{provider.name} ({fingerprint}), {settings.workers} workers,"
                f" listens on {address}"
            )

        await Workers(listening, settings.workers).serve(ready)

    try:
        run_with(settings, look_after)
    except WorkersFailed:
        fail("A worker could not be started: see the lines above.")
