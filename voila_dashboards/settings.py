"""Every setting of the dashboards; nothing here reads the environment, the command does."""

from __future__ import annotations

import ipaddress
import os
import pwd
import re
import stat
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

SHORTEST_SECRET: Final = 32

Seconds = Annotated[float, Field(gt=0)]


_LOWEST_UID: Final = 1000
_HIGHEST_UID: Final = 2**31 - 1
_NOBODY: Final = 65534
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)+", re.ASCII)
#: They mean something else to servers and proxies on the way.
_TAKEN_HEADERS: Final = frozenset(
    {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "x-real-ip"}
)


class DashboardSettings(BaseModel):
    """How the gateway listens, whom it lets in, and how many kernels it keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address the dashboards listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port the dashboards listen on; 0 takes a free one.")
    max_connections: int = Field(
        0,
        ge=0,
        description="Most connections at once, beyond which the one that waited longest for a request is closed; 0 is "
        "as many as the limit of open files leaves room for, 4096 at most.",
    )
    public_url: str | None = Field(
        None,
        description="Address users type, such as `https://logs.example.com`. With https the session cookie is "
        "marked Secure, and a POST from any other origin is refused. Needed behind a proxy that ends TLS: without it "
        "the origin is the Host header with the scheme of the connection, or of a trusted proxy's `X-Forwarded-Proto`.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        ("127.0.0.1", "::1"),
        description="Addresses, or networks such as `10.0.0.0/8`, of the proxies whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed.",
    )
    trusted_user_header: str | None = Field(
        None,
        description="Header in which your company's proxy names the user, such as `X-Forwarded-User`: whom it names is "
        "signed in, see docs/accounts.md. Where it is missing, no header signs anybody in. It needs `trusted_proxies`, "
        "named, and `trusted_user_secret`.",
    )
    trusted_user_secret: SecretStr | None = Field(
        None,
        description="What that proxy says beside it, so that nobody else on its network can; 32 characters or more.",
    )
    trusted_user_secret_header: str = Field(
        "X-Caselog-Proxy-Secret", description="Header in which the proxy says the secret."
    )
    trusted_sign_out_url: str | None = Field(
        None,
        description="Where who came by that header is sent on signing out: the proxy's own sign-out, such as "
        "`/oauth2/sign_out` or `https://login.example.com/logout`.",
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
    session_unchecked_s: Seconds = Field(
        900,
        description="How long pages that are open go on while the lake does not say whether their users are still "
        "signed in, in seconds; then they show nothing until it does.",
    )
    login_free_attempts_per_name: int = Field(
        5,
        ge=1,
        description="Failed sign-ins a user name may have within the window before those who try it next have to wait. "
        "A browser in which the user signed in before does not wait.",
    )
    login_free_attempts_per_network: int = Field(
        20,
        ge=1,
        description="The same for one network address.",
    )
    login_longest_delay_s: Seconds = Field(
        5, description="Longest pause between two attempts on one name, or from one network, in seconds."
    )
    login_longest_wait_s: Seconds = Field(
        30,
        description="How long anybody waits for his turn at most, in seconds: where many wait, the pauses shrink.",
    )
    login_attempts_per_device: int = Field(
        10,
        ge=1,
        description="Failed sign-ins within the window after which a browser that signed in before is a stranger.",
    )
    login_device_ttl_s: Seconds = Field(
        90 * 24 * 3600, description="How long a browser that signed in is remembered, in seconds."
    )
    login_window_s: Seconds = Field(900, description="Length of that window, in seconds.")
    pool_size: int = Field(
        1,
        ge=0,
        le=32,
        description="Kernels kept ready for the overview, for the list and for a ticket, about 20 MB each; 0: none.",
    )
    max_kernels: int = Field(
        30,
        ge=1,
        description="Kernels that may show pages at once; beyond it one is ended of the user who has most of them, the "
        "one that idled longest.",
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
    max_renders: int = Field(
        6, ge=1, description="Pages that may be in the making at once; more wait, and users take turns."
    )
    max_downloads: int = Field(
        3,
        ge=1,
        description="Lists of tickets that may be downloaded at once, one of each user; more wait a moment for their "
        "turn, and for one who waits the slowest is broken off, where it takes less than 1 MiB/s for long. "
        "Each has a process of its own, which may take 1.5 GB at most.",
    )
    answer_timeout_s: Seconds = Field(
        30,
        description="How long a kernel may take for one answer before it is ended, in seconds; a query of its own "
        "is interrupted sooner, with a sentence.",
    )
    cache_dir: Path | None = Field(
        None,
        description="Folder for what was read from the lake: bounded, and may be deleted whenever nothing runs. "
        "Where it is missing, a folder of this lake below the user's cache folder.",
    )
    cache_bytes: int = Field(4 * 1024**3, ge=64 * 1024**2, description="Most bytes that folder may hold.")
    snapshot_max_age_s: float = Field(
        2,
        ge=0,
        description="A page's question asks for a new snapshot when the last is older than this, in seconds.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Who reads `/metrics` has to send it, as `Authorization: Bearer ...`; 16 characters or more. Where "
        "it is missing, `/metrics` answers 403 to everybody.",
    )
    page_timeout_s: Seconds = Field(
        60,
        description="How long Voila or a kernel may say nothing while a page is built, in seconds; then the page is "
        "begun anew, once, or given up.",
    )
    kernel_user: str | None = Field(
        None,
        description="Account of this machine that Voila runs as. Only where the dashboards are started by root; "
        "without it, Voila takes the first number of `kernel_uids`.",
    )
    kernel_uids: str = Field(
        "61184-65519",
        pattern=r"^\d+-\d+$",
        description="Numbers of users, `FIRST-LAST`, of which each page's kernel gets one of its own where the "
        "dashboards are started by root. Those that an account of this machine has are left out.",
    )
    kernel_memory_bytes: int = Field(
        1024**3, ge=256 * 1024**2, description="Most memory one page's kernel may write to, in bytes."
    )
    runtime_dir: Path | None = Field(
        None,
        description="Folder for sockets and other files of the running process; a temporary one where missing.",
    )
    voila_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "CRITICAL",
        description="How much Voila says on standard error, in its own words and with its stack traces; what a page's "
        "trouble was is said by the gateway in any case.",
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

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ipaddress.ip_network(each)
            except ValueError:
                if each != "*":
                    raise ValueError("must be addresses, or networks such as 10.0.0.0/8") from None
        return value

    @field_validator("trusted_user_header", "trusted_user_secret_header")
    @classmethod
    def _is_a_header_of_its_own(cls, value: str | None) -> str | None:
        if value is not None and (not _HEADER.fullmatch(value) or value.lower() in _TAKEN_HEADERS):
            raise ValueError(
                "must be a header that nothing else uses, of letters and digits with - between them, such as "
                "X-Forwarded-User"
            )
        return value

    @field_validator("trusted_sign_out_url")
    @classmethod
    def _is_a_place(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        is_path = value.startswith("/") and not value.startswith(("//", "/\\"))
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
        if not (value.isascii() and value.isprintable() and " " not in value and (is_path or is_url)):
            raise ValueError("must be a path of this site, or http:// or https:// and a host")
        return value

    @model_validator(mode="after")
    def _names_whom_it_believes(self) -> Self:
        """Who may sign people in is named by the operator; a default is no decision."""
        if self.trusted_user_header is None:
            return self
        header = "CASELOG_DASHBOARDS_TRUSTED_USER_HEADER is set:"
        if "trusted_proxies" not in self.model_fields_set or not self.trusted_proxies:
            raise ValueError(
                f"{header} CASELOG_DASHBOARDS_TRUSTED_PROXIES has to name the addresses of the proxy that sets it."
            )
        if any(each == "*" or each.endswith("/0") for each in self.trusted_proxies):
            raise ValueError(
                f"{header} CASELOG_DASHBOARDS_TRUSTED_PROXIES must not name every address, or anybody could sign in."
            )
        if (
            self.trusted_user_secret is None
            or len(self.trusted_user_secret.get_secret_value()) < SHORTEST_SECRET
        ):
            raise ValueError(
                f"{header} CASELOG_DASHBOARDS_TRUSTED_USER_SECRET has to be what the proxy says beside it, "
                f"{SHORTEST_SECRET} characters or more."
            )
        if self.trusted_user_header.lower() == self.trusted_user_secret_header.lower():
            raise ValueError(
                f"{header} it and CASELOG_DASHBOARDS_TRUSTED_USER_SECRET_HEADER are two headers."
            )
        return self

    @field_validator("session_secret")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must be {SHORTEST_SECRET} characters or longer")
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
            raise ValueError("only root can start Voila as another user")
        return value

    @field_validator("runtime_dir")
    @classmethod
    def _is_passable(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        if not value.is_dir():
            raise ValueError("there is no such folder")
        for folder in (value.resolve(), *value.resolve().parents):
            if os.geteuid() == 0 and not folder.stat().st_mode & stat.S_IXOTH:
                raise ValueError(
                    f"Voila and the kernels run as users of their own, which cannot pass through {folder}: "
                    "chmod o+x, or take another folder"
                )
        return value

    @field_validator("kernel_uids")
    @classmethod
    def _are_numbers_of_users(cls, value: str) -> str:
        first, last = map(int, value.split("-"))
        if not _LOWEST_UID <= first < last <= _HIGHEST_UID or first <= _NOBODY <= last:
            raise ValueError(
                f"must be two numbers from {_LOWEST_UID} to {_HIGHEST_UID}, the lower first, "
                f"without {_NOBODY} between them"
            )
        return value

    @property
    def kernel_uid_range(self) -> tuple[int, int]:
        """The first number of `kernel_uids`, and the one behind the last."""
        first, last = map(int, self.kernel_uids.split("-"))
        return first, last + 1

    @property
    def is_https(self) -> bool:
        """Whether users reach the dashboards over TLS, as far as the settings say."""
        return (self.public_url or "").startswith("https://")
