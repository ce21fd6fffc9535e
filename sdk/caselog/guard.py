"""Nothing is ever raised into the workflow, not even a mistake of our own."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar, cast

from .console import Console

_F = TypeVar("_F", bound=Callable[..., Any])

#: The SDK's own tests set this, so that a mistake of our own is seen and not swallowed.
reraise = False
_console = Console()


def never_raises(otherwise: Callable[[], Any]) -> Callable[[_F], _F]:
    """Decorate a public function: what it would raise becomes one line on stderr and ``otherwise()``."""

    def decorate(function: _F) -> _F:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - whatever it is
                swallow(function.__name__, error)
                return otherwise()

        return cast(_F, guarded)

    return decorate


def swallow(name: str, error: Exception) -> None:
    """Say that a function of ours failed; for those that are called too often to be decorated."""
    if reraise:
        raise error
    _console.say(name, f"{name} failed inside the SDK ({type(error).__name__})")
