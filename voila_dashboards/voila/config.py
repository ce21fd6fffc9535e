"""Voila's configuration file and environment: loopback only, a random token, no secret, no way around the gateway.

Each value here was seen to matter on Voila 0.5.13; see `docs/decisions/`.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

from voila_dashboards.names import GRANT_HEADER, SOCKET_VARIABLE
from voila_dashboards.settings import DashboardSettings

PACKAGE: Final = Path(__file__).parent.parent
NOTEBOOKS: Final = PACKAGE / "pages"
#: A Jupyter data folder of our own that holds the template `caselog`.
_TEMPLATES: Final = PACKAGE / "voila" / "jupyter"
#: The longest path of a unix socket, https://man7.org/linux/man-pages/man7/unix.7.html .
_LONGEST_SOCKET_PATH: Final = 104
_KERNEL_SOCKET: Final = "voila_12345678/kernel-00000000-0000-0000-0000-000000000000-ipc-5"
#: What the kernels import from outside the standard library's own path.
_ROOMS: Final = ("voila_dashboards", "lake", "caselog")


def voila_config(settings: DashboardSettings, runtime: Path, port: int, token: str) -> dict[str, Any]:
    """What `voila.json` holds; the token stands here and not on the command line, which `ps` shows."""
    return {
        "Voila": {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "token": token,
            "root_dir": str(NOTEBOOKS),
            "open_browser": False,
            "connection_dir_root": str(runtime),
            # Jupyter's own default is longer than its interval, of which Tornado complains on every page.
            "tornado_settings": {"ws_ping_interval": 30_000, "ws_ping_timeout": 30_000},
            "log_level": logging.getLevelNamesMapping()[
                settings.voila_log_level
            ],  # traitlets knows no WARNING by name
        },
        "VoilaConfiguration": {
            "template": "caselog",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [],
            "file_denylist": [".*"],
            "strip_sources": True,
            "show_tracebacks": False,
            "http_header_envs": [GRANT_HEADER],
            "extension_allowlist": ["@voila-dashboards/widgets-manager8", "anywidget"],
            "extension_denylist": [],
            "http_keep_alive_timeout": int(settings.page_timeout_s) + 60,  # its heartbeat is an inline script
            "preheat_kernel": settings.pool_size > 0,
            "default_pool_size": settings.pool_size,
        },
        "VoilaKernelManager": {"fill_delay": 0.5},
        "VoilaExecutor": {"timeout": None, "startup_timeout": 60},
        # The gateway ends kernels; this is for those it lost sight of.
        "MappingKernelManager": {
            "cull_idle_timeout": int(settings.kernel_idle_s) + 60,
            "cull_interval": 60,
            "cull_connected": False,
            "cull_busy": False,
        },
        "KernelManager": {"transport": _transport(runtime)},
    }


def voila_environment(runtime: Path, socket: Path) -> dict[str, str]:
    """The whole environment of Voila and its kernels: Voila copies it into each, so no secret may be in it."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(runtime),
        "TMPDIR": str(runtime),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(_import_roots()),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "JUPYTER_PATH": str(_TEMPLATES),
        "JUPYTER_CONFIG_DIR": str(runtime / "config"),
        "JUPYTER_DATA_DIR": str(runtime / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_NO_CONFIG": "1",
        "IPYTHONDIR": str(runtime / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # Arenas for each thread would keep what a query freed.
        "MALLOC_ARENA_MAX": "2",
        SOCKET_VARIABLE: str(socket),
    }


def kernel_config() -> dict[str, Any]:
    """What each kernel's IPython does without: a history file on disk, completion, complaints when it is ended."""
    return {
        "IPKernelApp": {"log_level": logging.CRITICAL},
        "HistoryManager": {"enabled": False},
        "InteractiveShell": {"colors": "nocolor", "enable_tip": False},
        "Completer": {"use_jedi": False},
    }


def _transport(runtime: Path) -> str:
    fits = len(str(runtime / _KERNEL_SOCKET)) <= _LONGEST_SOCKET_PATH
    return "ipc" if fits and sys.platform != "win32" else "tcp"


def _import_roots() -> list[str]:
    """Where the rooms are imported from in this process, so that kernels find the same ones."""
    specs = [importlib.util.find_spec(room) for room in _ROOMS]
    origins = [Path(spec.origin).parent.parent for spec in specs if spec is not None and spec.origin]
    return list(dict.fromkeys(str(origin) for origin in origins))
