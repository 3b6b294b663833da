"""What the commands and the service are told: by options, environment and a file."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
import tomllib
from typing import Any, Final, Literal, Self, override

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from .storage.vault import KeyFile, KeySource, KeyText

PREFIX: Final = "CURRENTCOST_PROVIDER_"
DEFAULT_FILE: Final = Path("~/.local/share/currentcost-provider/provider.toml")
POSTGRESQL: Final = "postgresql"

_TEMPLATE: Final = """\
# Configuration of currentcost-provider. What is commented out is the default.
# Each setting can also stand in the environment, as CURRENTCOST_PROVIDER_NAME;
# options of the command line go before both. Paths are relative to this file.

# Where plans, agreements and results are: an SQLite file, or
# "postgresql://USER@HOST/NAME?sslmode=verify-full" for many workers.
{database}

# The keys that encrypt what is secret in the database. Keep a copy of the file apart
# from the database's backups.
# key_file = "{key_file}"

# Where households reach the service; printed on their enrolment sheets.
# address = "https://energy.example"

# Where it listens. Off this machine it needs a certificate.
# host = "127.0.0.1"
# port = 8443
# certificate = "fullchain.pem"
# private_key = "privkey.pem"

# The web console for your people, under /console/.
# console = true

# Processes that answer; more than one needs PostgreSQL.
# workers = 1

# Networks that webhooks may reach besides public addresses.
# webhook_networks = ["10.20.0.0/16"]

# Lines of the log: "text" for people, "json" for machines.
# log = "text"
"""


class UnusableSettings(Exception):
    """Settings that can't be understood; says which, for people."""


class Settings(BaseSettings):
    """All settings, checked one by one; `safety` checks what they mean together."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    file: Path
    """The configuration file, which need not exist; paths are relative to it."""
    database: str = Field(default="", repr=False)
    key_file: Path = Path()
    keys: SecretStr | None = None
    """Keys that stand in the environment, in place of the file."""
    address: str = Field(default="", max_length=200)
    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    port: int = Field(default=8443, ge=0, le=65535)
    certificate: Path | None = None
    private_key: Path | None = None
    insecure: bool = False
    console: bool = True
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), max_length=64
    )
    """What webhooks may reach besides public addresses."""
    workers: int = Field(default=1, ge=1, le=64)
    log: Literal["json", "text"] = "text"

    @field_validator("database")
    @classmethod
    def _check_database(cls, value: str) -> str:
        """Refuse the address of a database that isn't served."""
        if "://" in value:
            try:
                url = make_url(value)
            except ArgumentError:
                raise ValueError("is not the address of a database") from None
            if url.get_backend_name() not in {POSTGRESQL, "sqlite"}:
                raise ValueError("must be an SQLite file or postgresql://...")
        return value

    @model_validator(mode="after")
    def _check_workers(self) -> Self:
        """Refuse workers that would wait for each other's lock on a file."""
        if self.workers > 1 and not self.is_postgresql:
            raise ValueError(
                "workers: more than one needs PostgreSQL; an SQLite file has one"
                " writer at a time"
            )
        return self

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let options go before the environment, and that before the file."""
        given = init_settings()
        file = TomlConfigSettingsSource(settings_cls, toml_file=given["file"])
        return init_settings, env_settings, file

    @property
    def serves_console(self) -> bool:
        """Whether the web console is served: never where passwords could be heard."""
        return self.console and (self.certificate is not None or not self.insecure)

    @property
    def database_url(self) -> URL:
        """The database, with the driver that is used for it."""
        if "://" not in self.database:
            path = self._path(Path(self.database or self.file.with_suffix(".db").name))
            return sqlite_url(path)
        url = make_url(self.database)
        if not self.is_postgresql:
            return sqlite_url(self._path(Path(url.database or "")))
        query = {("ssl" if k == "sslmode" else k): v for k, v in url.query.items()}
        return url.set(drivername="postgresql+asyncpg", query=query)

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is a PostgreSQL server."""
        return "://" in self.database and (
            make_url(self.database).get_backend_name() == POSTGRESQL
        )

    @property
    def key_source(self) -> KeySource:
        """Where the keys of sealed values are."""
        if self.keys is not None:
            return KeyText(self.keys.get_secret_value())
        name = self.key_file
        return KeyFile(
            self._path(self.file.with_suffix(".keys") if name == Path() else name)
        )

    @property
    def certificate_files(self) -> tuple[Path | None, Path | None]:
        """The certificate with its chain, and its private key."""
        certificate, key = self.certificate, self.private_key
        return certificate and self._path(certificate), key and self._path(key)

    def _path(self, path: Path) -> Path:
        return self.file.parent / path.expanduser()


def sqlite_url(path: Path) -> URL:
    """Return the address of an SQLite file."""
    return URL.create("sqlite+aiosqlite", database=str(path))


def locate(file: Path | None, database: str | None) -> Path:
    """Return the configuration file: the one named, or the one beside the database."""
    if file is not None:
        return file.expanduser()
    if database and "://" not in database:
        return Path(database).expanduser().with_suffix(".toml")
    return DEFAULT_FILE.expanduser()


def read_settings(file: Path, **options: Any) -> Settings:
    """Return the settings; options that are None leave what the file says.

    Raises:
        UnusableSettings: the file or a value can't be understood.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if given.get("database") and "://" not in given["database"]:
        # On the command line a path is relative to where the person is.
        given["database"] = str(Path(given["database"]).expanduser().absolute())
    try:
        return Settings(file=file.absolute(), **given)
    except ValidationError as err:
        problems = (
            f"{'.'.join(map(str, error['loc']))}: {error['msg']}".removeprefix(": ")
            for error in err.errors(include_url=False, include_input=False)
        )
        raise UnusableSettings(
            f"The configuration can't be used ({file} and {PREFIX}*): "
            + "; ".join(problems)
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as err:
        raise UnusableSettings(f"{file} can't be read: {err}") from err


def new_file(file: Path, database: str | None) -> str:
    """Return the text of a configuration file; `database` if it isn't beside it."""
    default = file.with_suffix(".db")
    if database and "://" not in database:
        path = Path(database).expanduser().absolute()
        database = None if path == default.absolute() else str(path)
    line = f'# database = "{default.name}"'
    if database:
        escaped = database.replace("\\", "\\\\").replace('"', '\\"')
        line = f'database = "{escaped}"'
    return _TEMPLATE.format(database=line, key_file=file.with_suffix(".keys").name)
