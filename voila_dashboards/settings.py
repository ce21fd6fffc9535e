"""Every setting of the dashboards; nothing here reads the environment, the command does."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

Seconds = Annotated[float, Field(gt=0)]


class DashboardSettings(BaseModel):
    """How the gateway listens, whom it lets in, and how many kernels it keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address the dashboards listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port the dashboards listen on; 0 takes a free one.")
    public_url: str | None = Field(
        None,
        description="Address users type, such as `https://logs.example.com`. With https the session cookie is "
        "marked Secure, and a POST from any other origin is refused. Needed behind a proxy that ends TLS.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        ("127.0.0.1", "::1"),
        description="Addresses of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
    )
    session_secret: SecretStr | None = Field(
        None,
        description="Signs session cookies; 32 characters or more. Where it is missing, one is made and kept in the "
        "lake below `control/`, so that replicas share it and a restart signs nobody out.",
    )
    session_ttl_s: Seconds = Field(12 * 3600, description="How long a sign-in lasts, in seconds.")
    user_cache_s: Seconds = Field(
        5,
        description="How long a user read from the lake is believed, in seconds: a removed user is out after that.",
    )
    login_attempts_per_user: int = Field(
        10,
        ge=1,
        description="Failed sign-ins one user name may have within the window before it has to wait.",
    )
    login_attempts_per_address: int = Field(
        50,
        ge=1,
        description="Failed sign-ins one network address may have within the window before it has to wait.",
    )
    login_window_s: Seconds = Field(300, description="Length of that window, in seconds.")
    pool_size: int = Field(
        1,
        ge=0,
        le=32,
        description="Kernels kept ready for each of the three pages; about 60 MB each. 0 starts each cold.",
    )
    max_kernels: int = Field(
        30,
        ge=1,
        description="Kernels that may show pages at once; beyond it the one that idled longest is ended.",
    )
    max_kernels_per_session: int = Field(
        8,
        ge=1,
        description="Pages one sign-in may have open at once; beyond it the one that idled longest is ended.",
    )
    kernel_idle_s: Seconds = Field(
        300,
        description="Seconds without a question from its page, after which a kernel is ended; then a click loads anew.",
    )
    grant_ttl_s: Seconds = Field(
        60, description="How long a page's one-time grant may wait for its kernel, in seconds."
    )
    snapshot_url_ttl_s: Seconds = Field(
        900, description="How long the addresses of data files that a kernel gets are valid, in seconds."
    )
    snapshot_max_age_s: float = Field(
        2,
        ge=0,
        description="A page's question asks for a new snapshot when the last is older than this, in seconds.",
    )
    page_timeout_s: Seconds = Field(
        60, description="How long a page may take to be built before it is given up, in seconds."
    )
    kernel_user: str | None = Field(
        None,
        description="Operating-system user the notebooks run as. On a `file://` lake this keeps a taken-over notebook "
        "from reading the folder; the gateway has to be started by root for it.",
    )
    runtime_dir: Path | None = Field(
        None,
        description="Folder for sockets and other files of the running process; a temporary one where missing.",
    )
    voila_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "ERROR", description="How much Voila says on standard error."
    )

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.rstrip("/"))
        if (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.path
            or parts.query
            or parts.username
        ):
            raise ValueError("must be http:// or https:// and a host, without a path")
        return value.rstrip("/")

    @field_validator("session_secret")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must be 32 characters or longer")
        return value

    @field_validator("kernel_user")
    @classmethod
    def _can_be_become(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            account = pwd.getpwnam(value)
        except KeyError:
            raise ValueError("there is no such user on this machine") from None
        if os.geteuid() not in {0, account.pw_uid}:
            raise ValueError("only root can start notebooks as another user")
        return value

    @property
    def is_https(self) -> bool:
        """Whether users reach the dashboards over TLS, as far as the settings say."""
        return (self.public_url or "").startswith("https://")
