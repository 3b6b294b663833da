"""The built wheel: whole, and enough for a provider that has no Home Assistant."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def uv() -> str:
    """The program that builds and installs; only outside CI may it be missing."""
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".tools/bin")
    if found is None and not os.environ.get("CI"):
        pytest.skip("uv is missing: run script/setup")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of the tree, so that nothing of an earlier build is picked up."""
    source = tmp_path_factory.mktemp("source")
    tracked = _run("git", "-C", str(ROOT), "ls-files", "-z").split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    return source


@pytest.fixture(scope="module")
def wheel(uv: str, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    how = ["--quiet", "--wheel", "--python", sys.executable, "--out-dir", str(folder)]
    _run(uv, "build", *how, str(source))
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(uv: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands in an environment with the wheel alone."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(environment))
    python = environment / "bin" / "python"
    _run(uv, "pip", "install", "--quiet", "--python", str(python), str(wheel))
    return environment / "bin"


def test_wheel_holds_every_module_of_the_tree(source: Path, wheel: Path) -> None:
    """A sub-package that pyproject.toml forgets would be silently absent."""
    with (source / "pyproject.toml").open("rb") as file:
        folders: dict[str, str] = tomllib.load(file)["tool"]["setuptools"][
            "package-dir"
        ]
    expected = {
        (Path(package) / path.relative_to(source / folder)).as_posix()
        for package, folder in folders.items()
        for path in (source / folder).rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packed = {name for name in names if ".dist-info/" not in name}
    assert packed == expected


def test_wheel_knows_its_commands(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [entry_points] = [
            archive.read(name).decode()
            for name in archive.namelist()
            if name.endswith(".dist-info/entry_points.txt")
        ]
    assert "currentcost-provider = currentcost_provider.command:main" in entry_points
    assert "currentcost-meter = currentcost_envir.command:main" in entry_points


def test_no_home_assistant_comes_with_it(installed: Path) -> None:
    code = """if True:
        import importlib.util, pkgutil
        import currentcost_provider
        for module in pkgutil.walk_packages(
            currentcost_provider.__path__, "currentcost_provider."
        ):
            if not module.name.endswith(".env"):
                __import__(module.name)
        for name in ("homeassistant", "custom_components", "aiohttp"):
            assert importlib.util.find_spec(name) is None, name
    """
    _run(str(installed / "python"), "-c", code, cwd=installed)


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    """A service that was set up and started with the installed command."""
    command = [str(installed / "currentcost-provider"), "--database", "provider.db"]
    _run(*command, "init", "--name", "Acme Power", cwd=tmp_path)
    plan = ["plan", "create", "evening", "--title", "How much?", "--threshold", "1000"]
    _run(*command, *plan, cwd=tmp_path)
    _run(*command, "household", "enrol", "anna", "--plan", "evening", cwd=tmp_path)
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*command, "serve", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    assert process.wait() == 0


def test_installed_provider_answers(address: str, installed: Path) -> None:
    # From another process, where no plugin of pytest stands before the network.
    code = (
        f"import urllib.request as r; print(r.urlopen('{address}/v1/').read().decode())"
    )
    document = json.loads(_run(str(installed / "python"), "-c", code))
    assert document["service"] == "currentcost-provider"
    assert document["name"] == "Acme Power"


def test_help_of_the_installed_command(installed: Path, tmp_path: Path) -> None:
    text = _run(str(installed / "currentcost-provider"), "--help", cwd=tmp_path)
    for name in ("init", "plan", "household", "serve", "results"):
        assert name in text


def _run(*command: str, cwd: Path | None = None) -> str:
    """Run a program that succeeds, without this environment's modules."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }
    result = subprocess.run(  # noqa: S603  # our own command
        command, capture_output=True, check=False, cwd=cwd, env=environment, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
