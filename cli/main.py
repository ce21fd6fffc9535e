"""The command line's front door.

Each command's module is imported when the command is called: a script that issues a key does not wait for
DuckDB and FastAPI.
"""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any, Final

import click

from access.errors import AccessError
from cli.errors import CliError
from lake.errors import LakeError

#: Command to the module and attribute that hold it, in the order `caselog --help` lists them.
COMMANDS: Final = {
    "up": "cli.up:up",
    "demo": "cli.demo:demo",
    "init": "cli.init:init",
    "collector": "cli.servers:collector",
    "dashboards": "cli.servers:dashboards",
    "etl": "cli.etl:etl",
    "clients": "cli.clients:clients",
    "keys": "cli.keys:keys",
    "users": "cli.users:users",
    "audit": "cli.audit:audit",
    "delete": "cli.delete:delete",
}


class LazyGroup(click.Group):
    """A group that imports a command's module when it is asked for, and answers errors with a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the table's order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or ``None`` where there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a known failure becomes its own sentence and exit status 1."""
        try:
            return super().invoke(ctx)
        except (LakeError, AccessError) as error:
            raise CliError(str(error)) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("caselog-server"), prog_name="caselog")
def main() -> None:
    """Caselog, the flight recorder of AI workflows.

    Settings come from CASELOG_* variables, the store's credentials from the standard AWS_* ones. Exit
    status: 0 done, 1 failed, 2 wrong use.
    """
    from voila_dashboards.sandbox import hide_memory

    hide_memory()  # the store's keys are in it and in its environment: no other process of this user reads them


if __name__ == "__main__":
    main()
