"""Where settings come from, and which are not safe to serve."""

from pathlib import Path
import stat
from typing import Any

import pytest

from currentcost_provider.safety import dangers
from currentcost_provider.settings import (
    Settings,
    UnusableSettings,
    locate,
    new_file,
    read_settings,
)
from currentcost_provider.storage.vault import KeyFile, Keys, KeyText

from .shell import Shell

ELSEWHERE = "postgresql://service:9f3kd0a7@db.example/provider"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration with keys beside it."""
    KeyFile(tmp_path / "provider.keys").write(Keys.new())
    path = tmp_path / "provider.toml"
    path.write_text(new_file(path, None))
    path.chmod(0o600)
    return path


def write(file: Path, **values: Any) -> None:
    file.write_text(
        "".join(
            f"{name} = {value!r}\n".replace("True", "true")
            for name, value in values.items()
        )
    )


def test_options_go_before_environment_before_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_settings(file).port == 8443
    write(file, port=1000, host="127.0.0.2")
    assert read_settings(file).port == 1000
    monkeypatch.setenv("CURRENTCOST_PROVIDER_PORT", "2000")
    assert read_settings(file).port == 2000
    settings = read_settings(file, port=3000, host=None)
    assert (settings.port, settings.host) == (3000, "127.0.0.2")


def test_new_file_says_the_defaults(file: Path) -> None:
    uncommented = file.read_text().replace('# database = "', 'database = "')
    defaults = read_settings(file)
    for name in ("key_file", "host", "port", "workers", "log"):
        assert f"# {name} = " in uncommented
        uncommented = uncommented.replace(f"# {name} = ", f"{name} = ")
    file.write_text(uncommented)
    stated = read_settings(file)
    assert stated.database_url == defaults.database_url
    assert str(stated.key_source) == str(defaults.key_source)
    assert stated.model_dump(exclude={"database", "key_file"}) == defaults.model_dump(
        exclude={"database", "key_file"}
    )


def test_paths_are_relative_to_the_file(file: Path) -> None:
    write(file, database="data/x.db", key_file="/keys", certificate="chain.pem")
    settings = read_settings(file)
    assert settings.database_url.database == str(file.parent / "data/x.db")
    assert str(settings.key_source) == "/keys"
    assert settings.certificate_files == (file.parent / "chain.pem", None)


def test_one_name_for_configuration_keys_and_database(tmp_path: Path) -> None:
    database = tmp_path / "acme.db"
    file = locate(None, str(database))
    assert file == tmp_path / "acme.toml"
    settings = read_settings(file, database=str(database))
    assert settings.database_url.database == str(database)
    assert str(settings.key_source) == str(tmp_path / "acme.keys")
    assert locate(tmp_path / "other.toml", str(database)).name == "other.toml"
    assert locate(None, ELSEWHERE) == locate(None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 70000", "port: Input should be less than"),
        ("prot = 1", "prot: Extra inputs"),
        ("workers = 2", "needs PostgreSQL"),
        ('database = "mysql://x/y"', "SQLite file or postgresql"),
        ('log = "xml"', "'json' or 'text'"),
        ("port = ", "can't be read"),
    ],
)
def test_what_is_not_understood_is_said(file: Path, text: str, message: str) -> None:
    file.write_text(f"{text}\n")
    with pytest.raises(UnusableSettings, match=message):
        read_settings(file)


def test_a_refused_value_is_not_repeated(file: Path) -> None:
    write(file, database="mysql://me:hunter2@x/y")
    with pytest.raises(UnusableSettings) as raised:
        read_settings(file)
    assert "hunter2" not in str(raised.value)
    assert "hunter2" not in repr(
        Settings(file=file, database="postgresql://a:hunter2@x/y")
    )


def test_postgresql_has_its_driver(file: Path) -> None:
    write(file, database=f"{ELSEWHERE}?sslmode=verify-full", workers=4)
    url = read_settings(file).database_url
    assert url.drivername == "postgresql+asyncpg"
    assert url.query == {"ssl": "verify-full"}


def test_a_new_configuration_is_safe(file: Path) -> None:
    assert dangers(read_settings(file)) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"host": "0.0.0.0"}, "Plain HTTP on 0.0.0.0"),  # noqa: S104  # must be refused
        ({"host": "example.org"}, "Plain HTTP on example.org"),
        ({"certificate": "x.pem"}, "needs both"),
        ({"certificate": "x.pem", "private_key": "y.pem"}, "can't be used"),
        ({"key_file": "none.keys"}, "none.keys can't be read"),
        ({"database": ELSEWHERE}, "sslmode=verify-full"),
        ({"database": f"{ELSEWHERE}?sslmode=require"}, "sslmode=verify-full"),
        ({"database": "postgresql://a:postgres@127.0.0.1/x"}, "anybody would guess"),
        ({"database": "postgresql://acme:ACME@127.0.0.1/x"}, "anybody would guess"),
        ({"database": "postgresql://a:@127.0.0.1/x"}, "anybody would guess"),
    ],
)
def test_danger_is_said(file: Path, values: dict[str, Any], message: str) -> None:
    write(file, **values)
    found = dangers(read_settings(file))
    assert any(message in danger for danger in found), found


@pytest.mark.parametrize(
    "values",
    [
        {"host": "::1"},
        {"host": "0.0.0.0", "insecure": True},  # noqa: S104  # on purpose
        {"database": f"{ELSEWHERE}?sslmode=verify-full"},
        {"database": "postgresql://service:9f3kd0a7@127.0.0.1/x"},
        {"database": "postgresql:///x?host=/run/postgresql"},
    ],
)
def test_safe_ones_are_not_refused(file: Path, values: dict[str, Any]) -> None:
    write(file, **values)
    assert dangers(read_settings(file)) == []


@pytest.mark.parametrize("name", ["provider.keys", "provider.db", "provider.toml"])
@pytest.mark.parametrize("mode", [0o604, 0o620, 0o606])
def test_secret_that_others_can_read(file: Path, name: str, mode: int) -> None:
    secret = file.with_name(name)
    secret.touch(mode=0o600)
    if name == "provider.toml":
        write(file, database="postgresql://service:9f3kd0a7@127.0.0.1/x")
    assert dangers(read_settings(file)) == []
    secret.chmod(mode)
    [danger] = dangers(read_settings(file))
    assert f"chmod 600 {secret}" in danger


def test_keys_may_stand_in_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.with_suffix(".keys").unlink()
    keys = Keys.new()
    text = " ".join(
        line for line in keys.to_text().splitlines() if not line.startswith("#")
    )
    monkeypatch.setenv("CURRENTCOST_PROVIDER_KEYS", text)
    settings = read_settings(file)
    assert isinstance(settings.key_source, KeyText)
    assert settings.key_source.read() == keys
    assert dangers(settings) == []
    assert text not in repr(settings)


def test_init_writes_all_three_and_serve_refuses_an_unsafe_one(shell: Shell) -> None:
    folder = shell.database.parent
    files = {path.name for path in folder.iterdir()}
    assert files == {"provider.db", "provider.keys", "provider.toml"}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {0o600}
    (folder / "provider.keys").chmod(0o644)
    refused = shell.refused("serve", "--port", "0", "--host", "0.0.0.0")  # noqa: S104  # must be refused
    assert "chmod 600" in refused
    assert "Plain HTTP" in refused


def test_keys_that_are_lost_are_not_replaced(shell: Shell) -> None:
    shell.database.with_suffix(".keys").unlink()
    assert "restore them" in shell.refused("init", "--name", "Acme Power")
    assert "restore them" in shell.refused("serve", "--port", "0")
    assert "can't be read" in shell.refused("results", "list")
    assert not shell.database.with_suffix(".keys").exists()


def test_configuration_that_is_named_must_be_there(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "x.db")
    refused = shell.refused("--config", str(tmp_path / "none.toml"), "plan", "list")
    assert "There is no configuration" in refused
