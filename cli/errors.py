"""What the command says when it cannot do what it was asked, and its exit status.

* `CliError` (exit status 1): it was tried and failed.
    * `SettingsError` (2): the environment or an option is wrong; nothing was started.
"""

from __future__ import annotations

from typing import IO, Any

import click


class CliError(click.ClickException):
    """A sentence for the person at the terminal."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence on standard error, with no stack trace."""
        click.echo(f"caselog: {self.format_message()}", file=file, err=file is None)


class SettingsError(CliError):
    """A setting cannot be used; nothing was started."""

    exit_code = 2
