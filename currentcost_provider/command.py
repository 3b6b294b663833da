"""The command `currentcost-provider`: the service and its administration."""

from pathlib import Path
from typing import Annotated

from currentcost_exchange import ProviderIdentity, short_code
import typer

from . import household_command, plan_command, results_command
from .api import create_app
from .console import ensure_file, fail, now, provider_of, run, statement_of
from .database import Database
from .registry import Exists, Registry
from .server import (
    UnusableAddress,
    check_address,
    configure_log,
    create_server,
)
from .service import Service

app = typer.Typer(
    add_completion=False,
    help="Ask households how much they draw, and learn the bucket alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(plan_command.app, name="plan")
app.add_typer(household_command.app, name="household")
app.add_typer(results_command.app, name="results")


def main() -> None:
    """Run the command."""
    app()


@app.callback()
def choose_database(
    context: typer.Context,
    database: Annotated[
        Path,
        typer.Option(
            envvar="CURRENTCOST_PROVIDER_DATABASE",
            help="The SQLite file with the provider's keys, plans and results.",
        ),
    ] = Path("~/.local/share/currentcost-provider/provider.db"),
) -> None:
    """Remember which database the command is about."""
    context.obj = database.expanduser()


@app.command()
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="The provider's name, as people read it.")],
) -> None:
    """Create the database and the key that signs the provider's plans."""
    if not (0 < len(name) <= 64 and name.isprintable() and name == name.strip()):
        fail("The name must have 1 to 64 printable characters.")
    identity = ProviderIdentity.new()

    async def create(database: Database) -> None:
        try:
            await Registry(database).add_provider(name, identity, now())
        except Exists:
            fail(f"{context.obj} belongs to a provider already; nothing was changed.")

    ensure_file(context.obj)
    run(context, create)
    typer.echo(f"{name} is ready; its key's fingerprint is {short_code(identity.key)}")


@app.command()
def serve(
    context: typer.Context,
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 8443,
    certificate: Annotated[
        Path | None, typer.Option(help="TLS certificate with its chain (PEM).")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key (PEM).")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow plain HTTP off this machine.")
    ] = False,
) -> None:
    """Serve households until told to stop."""

    async def answer(database: Database) -> None:
        provider = await provider_of(database)
        # Programs are compiled now, not while the first household waits.
        for plan in await Registry(database).plans():
            if plan.end > now():
                statement_of(plan)
        service = Service(
            database, name=provider.name, identity=ProviderIdentity(provider.identity)
        )

        def ready(address: str) -> None:
            # Whoever started the service may be waiting for this line.
            typer.echo(f"{service.name} ({service.fingerprint}) listens on {address}")

        await create_server(
            create_app(service),
            host=host,
            port=port,
            certificate=certificate,
            private_key=private_key,
            ready=ready,
        ).serve()

    configure_log()
    try:
        check_address(host, certificate, private_key, insecure=insecure)
        run(context, answer)
    except UnusableAddress as err:
        fail(str(err))
