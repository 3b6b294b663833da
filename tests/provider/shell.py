"""The command line, run in the tests' own process."""

from pathlib import Path

from typer.testing import CliRunner, Result

from currentcost_provider.command import app


class Shell:
    """Runs commands in this process, on a database of its own."""

    def __init__(self, database: Path) -> None:
        self.database = database

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["--database", str(self.database), *arguments])

    def done(self, *arguments: str) -> str:
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *arguments: str) -> str:
        """Return what a command says that fails as it should."""
        result = self(*arguments)
        assert result.exit_code == 1, result.output
        assert isinstance(result.exception, SystemExit)
        assert result.stdout == ""
        return result.stderr
