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

from voila_dashboards.pages import PAGES
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.names import KERNEL_MANAGER, PROVISIONER

PACKAGE: Final = Path(__file__).parent.parent
NOTEBOOKS: Final = PACKAGE / "pages"
#: A Jupyter data folder of our own that holds the template `caselog`.
_TEMPLATES: Final = PACKAGE / "voila" / "jupyter"
#: What the kernels import from outside the standard library's own path.
_ROOMS: Final = ("voila_dashboards", "access", "lake", "caselog")


def voila_config(
    settings: DashboardSettings, notebooks: Path, runtime: Path, port: int, token: str
) -> dict[str, Any]:
    """What `voila.json` holds; the token stands here and not on the command line, which `ps` shows."""
    return {
        "Voila": {
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
            "token": token,
            "root_dir": str(notebooks),
            "open_browser": False,
            "connection_dir_root": str(runtime),
            # Of its own pings Jupyter counts the answer as late where none came since a page was opened, at the first:
            # every page would lose its kernel's answers after 30 s. The gateway pings, and learns of Voila's end.
            "tornado_settings": {"ws_ping_interval": 0, "ws_ping_timeout": 0},
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
            "extension_allowlist": ["@voila-dashboards/widgets-manager8", "anywidget"],
            "extension_denylist": [],
            "http_keep_alive_timeout": int(settings.page_timeout_s) + 60,  # its heartbeat is an inline script
            "preheat_kernel": settings.pool_size > 0,
            "default_pool_size": settings.pool_size,
        },
        "VoilaKernelManager": {
            "fill_delay": 0.5,
            "preheat_denylist": [
                f"{page.name}/notebook.ipynb" for page in PAGES.values() if not page.is_kept_ready
            ],
        },
        "VoilaExecutor": {"timeout": None, "startup_timeout": 60},
        # The gateway ends kernels; this is for those it lost sight of.
        "MappingKernelManager": {
            "cull_idle_timeout": int(settings.kernel_idle_s) + 60,
            "cull_interval": 60,
            "cull_connected": False,
            "cull_busy": False,
            "kernel_manager_class": KERNEL_MANAGER,
        },
        # A page's kernel that died is not made anew: its page is loaded again.
        "KernelManager": {"autorestart": False},
        "KernelProvisionerFactory": {"default_provisioner_name": PROVISIONER},
    }


def voila_environment(runtime: Path) -> dict[str, str]:
    """The whole environment of Voila: its token stands in a file, and no other secret reaches it."""
    return {
        **python_environment(runtime),
        "JUPYTER_PATH": str(_TEMPLATES),
        "JUPYTER_CONFIG_DIR": str(runtime / "config"),
        "JUPYTER_DATA_DIR": str(runtime / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_NO_CONFIG": "1",
    }


def python_environment(home: Path) -> dict[str, str]:
    """What both children of the gateway need to run the same code as it does, and nothing of its own environment."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(_import_roots()),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "IPYTHONDIR": str(home / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # Arenas for each thread would keep what a query freed. No library may start a thread: the fork server has one.
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",
    }


def _import_roots() -> list[str]:
    """Where the rooms are imported from in this process, so that kernels find the same ones."""
    specs = [importlib.util.find_spec(room) for room in _ROOMS]
    origins = [Path(spec.origin).parent.parent for spec in specs if spec is not None and spec.origin]
    return list(dict.fromkeys(str(origin) for origin in origins))
