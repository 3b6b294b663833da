"""What a configuration must not be: each danger in words, with what to do."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
import ssl
import stat

from sqlalchemy import URL

from .settings import Settings
from .storage.vault import KeyFile, UnusableKeys

_GUESSED = frozenset(
    {"", "admin", "change-me", "changeme", "currentcost", "password", "postgres"}
    | {"secret", "your-password"}
)
_SAFE_SSL = frozenset({"verify-ca", "verify-full"})
_OTHERS = stat.S_IRWXO | stat.S_IWGRP
"""What nobody else may do with a file that holds secrets."""


def dangers(settings: Settings) -> list[str]:
    """Return why a configuration is not safe to serve, nothing if it is."""
    return [*_files(settings), *_keys(settings), *_database(settings), *tls(settings)]


def tls(settings: Settings) -> Iterator[str]:
    """Yield what would send passwords and tokens in the clear, or can't work."""
    certificate, key = settings.certificate_files
    if (certificate is None) != (key is None):
        yield "TLS needs both --certificate and --private-key."
    elif certificate is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        except (OSError, ValueError) as err:
            yield f"The certificate or its private key can't be used: {err}."
    elif not settings.insecure and not is_loopback(settings.host):
        yield (
            f"Plain HTTP on {settings.host} would show passwords and tokens to the"
            " network. Give --certificate and --private-key; or stay on 127.0.0.1"
            " behind a proxy that does TLS; or say --insecure, for a trial."
        )


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _files(settings: Settings) -> Iterator[str]:
    """Yield the files with secrets that others can reach."""
    url, (_, private_key) = settings.database_url, settings.certificate_files
    secret: list[Path | None] = [private_key]
    if url.password or settings.keys:
        secret.append(settings.file)
    if isinstance(settings.key_source, KeyFile):
        secret.append(settings.key_source.path)
    if not settings.is_postgresql and url.database:
        secret.append(Path(url.database))
    for path in secret:
        if path is not None and path.exists() and path.stat().st_mode & _OTHERS:
            yield f"{path} can be read by others: run `chmod 600 {path}`."


def _keys(settings: Settings) -> Iterator[str]:
    source = settings.key_source
    try:
        source.read()
    except UnusableKeys as err:
        yield (
            f"{err}. Without its keys the database can't be used: restore them from"
            " where you keep their copy."
        )


def _database(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with the way to a PostgreSQL server."""
    url = settings.database_url
    if not settings.is_postgresql:
        return
    if url.password is not None and str(url.password).lower() in _GUESSED | {
        url.username
    }:
        yield (
            f"The database's password for {url.username} is one that anybody would"
            " guess: choose another (ALTER ROLE ... PASSWORD)."
        )
    host = _host(url)
    if not (host.startswith("/") or is_loopback(host)) and (
        url.query.get("ssl") not in _SAFE_SSL
    ):
        yield (
            f"The way to the database on {host} is open to whoever stands on it: add"
            " ?sslmode=verify-full to its address."
        )


def _host(url: URL) -> str:
    query = url.query.get("host")
    return (query if isinstance(query, str) else None) or url.host or "/"
