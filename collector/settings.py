"""What an operator can set about the collector; ``cli`` makes it from ``CASELOG_*`` variables and options."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from caselog.model import MAX_LOG_BYTES

MIB = 1024 * 1024
#: Answers that were given last are read, and what is being written while nobody waits for it has some time.
_LAST_STEPS_S: Final = 10
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)


def _as_path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise PydanticCustomError(
            "path",
            "must be empty or a path such as /caselog: each part a slash and then letters, digits, `.`, `_`, `~` or "
            "`-`, and no slash at the end",
        )
    return text


class CollectorSettings(BaseModel):
    """Limits and addresses of one collector process; replicas share nothing, so each limit is per process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        "127.0.0.1", description="Address to listen on; `0.0.0.0` is every one of the machine's."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 lets the system choose one.")
    root_path: Annotated[str, AfterValidator(_as_path)] = Field(
        "",
        description="Path below which a proxy serves the collector, such as `/caselog`; it may take it away or not.",
    )
    max_body_bytes: int = Field(
        16 * MIB,
        ge=1024,
        description="Largest request body, both as it was sent and after decompression; above it 413.",
    )
    max_log_bytes: int = Field(
        MAX_LOG_BYTES, ge=1024, description="Largest single log as JSON; above it 413."
    )
    max_logs_per_request: int = Field(1000, ge=1, description="Most lines of one NDJSON body; above it 413.")
    max_in_flight_bytes: int = Field(
        256 * MIB,
        ge=1024,
        description="Most bytes held for all requests together until stored; above it 503.",
    )
    max_group_bytes: int = Field(
        8 * MIB, ge=1024, description="Most bytes of logs, before compression, in one stored object."
    )
    max_group_logs: int = Field(2000, ge=1, description="Most logs in one stored object.")
    group_wait_s: float = Field(
        0.02,
        ge=0,
        le=10,
        description="While an object of a client is on its way to the store, how long later logs gather before the "
        "next one is sent beside it; up to five times as long where many clients send. The first never waits. Longer "
        "takes fewer PUTs, shorter answers sooner where the store is far.",
    )
    max_puts: int = Field(
        128,
        ge=1,
        description="Most objects on their way to the store at once, of all clients; 16 of one client.",
    )
    ack_timeout_s: float = Field(
        4.5,
        gt=0,
        le=300,
        description="How long the object store may take to confirm a log before the sender is told 503.",
    )
    upload_timeout_s: float = Field(
        30.0, gt=0, description="How long a sender may take to deliver one body; then 408."
    )
    retry_after_s: int = Field(
        2, ge=1, description="Seconds that a 503 asks the sender to wait (`Retry-After`)."
    )
    key_cache_ttl_s: float = Field(
        5.0,
        ge=0,
        description="How long a key, known or not, and its client's level and limits are remembered: a revoked key "
        "stops working after at most this long, at every collector, also for a body that was on its way.",
    )
    max_cached_keys: int = Field(
        4096, ge=1, description="Most keys remembered at once, known and unknown ones each."
    )
    rate_limit_per_s: float = Field(
        0.0, ge=0, description="Most logs per second of one client; above it 429; 0 is no limit."
    )
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Processes that share the port: one for each core that the collector may fill. Every limit is for "
        "one of them.",
    )
    max_connections: int = Field(
        0,
        ge=0,
        description="Most connections at once, beyond which the one that waited longest for a request is closed; 0 is "
        "as many as the limit of open files leaves room for, 4096 at most.",
    )
    keep_alive_timeout_s: int = Field(
        75, ge=1, description="How long an idle connection is kept open for the next log."
    )
    metrics_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Who reads `/metrics` has to send it, as `Authorization: Bearer ...`; 16 characters or more. Where "
        "it is missing, `/metrics` answers 403 to everybody: it names clients.",
    )
    shutdown_timeout_s: int = Field(
        20,
        ge=1,
        description="How long a stop waits for requests that were accepted; what is not answered then is told 503. "
        "Whatever may kill the collector should wait ten seconds longer.",
    )

    @property
    def longest_stop_s(self) -> int:
        """So long a stop takes at most; everybody is answered some seconds before."""
        return self.shutdown_timeout_s + _LAST_STEPS_S
