"""The command `currentcost-provider`: the service and its administration."""

from pathlib import Path
from typing import Annotated

import typer

from .commands import (
    ask,
    check,
    household,
    init,
    keeping,
    keys,
    meters,
    operator,
    plan,
    results,
    webhook,
)
from .commands.console import (
    Place,
    fail,
    place_of,
    require_database,
)
from .logs import configure_log
from .safety import dangers
from .settings import DEFAULT_FILE, locate

app = typer.Typer(
    help="Ask households how much they draw, and learn the bucket alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(init.init)
app.command()(keeping.migrate)
app.command()(keeping.backup)
app.command()(check.check)
app.command()(meters.check_meters)
app.command()(ask.ask)
app.add_typer(plan.app, name="plan")
app.add_typer(household.app, name="household")
app.add_typer(results.app, name="results")
app.add_typer(keys.app, name="keys")
app.add_typer(operator.app, name="operator")
app.add_typer(webhook.app, name="webhook")


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
    # No other command needs a web server.
    from .running import serve as run_service  # noqa: PLC0415

    run_service(settings)
