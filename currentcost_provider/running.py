"""The running service: in this process, or in workers of its own."""

import asyncio
import contextlib
import resource

from currentcost_exchange import short_code
import typer

from .api.application import create_app
from .commands.console import fail, now, provider_of, run_with, statement_of
from .pages import create_console
from .server import Server, UnusableAddress, create_server
from .service import Service
from .settings import Settings
from .storage.database import Database
from .storage.registry import Registry
from .telling.delivering import Deliveries
from .tracing import UnusableTracing, is_wanted, trace
from .workers import Workers, WorkersFailed, inherited, listen, orphaned


def serve(settings: Settings) -> None:
    """Serve households until told to stop."""
    raise_limit()
    try:
        if settings.workers > 1 and inherited() is None:
            _serve_with_workers(settings)
        else:
            _serve_alone(settings)
    except UnusableAddress as err:
        fail(str(err))


def raise_limit() -> None:
    """Allow as many connections as the system lets this process and its workers have.

    Each household that waits for a question holds one, and most systems begin with a
    thousand files a process.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems say that there is no limit, and have one.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _serve_alone(settings: Settings) -> None:
    """Answer in this process."""

    async def answer(database: Database) -> None:
        provider = await provider_of(database)
        # Programs are compiled now, not while the first household waits.
        for plan in await Registry(database).plans():
            if plan.end > now():
                statement_of(plan)
        service = Service(
            database,
            name=provider.name,
            identity=Registry(database).identity(provider),
            address=settings.address,
        )

        def ready(address: str) -> None:
            # Whoever started the service may be waiting for this line.
            typer.echo(f"{service.name} ({service.fingerprint}) listens on {address}")

        certificate, private_key = settings.certificate_files
        console = None
        if settings.serves_console:
            console = create_console(service)
        app = create_app(service, console)
        try:
            stop_tracing = trace(app, database) if is_wanted() else _nothing
        except UnusableTracing as err:
            fail(str(err))
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            certificate=certificate,
            private_key=private_key,
            ready=ready,
        )
        deliveries = Deliveries(
            database, service.results, networks=settings.webhook_networks
        )
        delivering = asyncio.create_task(deliveries.run())
        try:
            await _serve(server)
        finally:
            delivering.cancel()
            await asyncio.wait({delivering})
            await asyncio.to_thread(stop_tracing)

    run_with(settings, answer)


def _nothing() -> None:
    """End what was not begun."""


async def _serve(server: Server) -> None:
    """Serve until stopped, on the socket of a worker if this is one."""
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
