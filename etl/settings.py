"""Settings of the ETL."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from lake.shards import SHARDS


class EtlSettings(BaseModel):
    """How the ETL works; read from ``CASELOG_ETL_*`` by the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval_s: float = Field(
        300,
        gt=0,
        le=86_400,
        description="Seconds from the start of one scheduled run to the start of the next.",
    )
    shards: int = Field(
        1,
        ge=1,
        le=SHARDS,
        description="How many processes share the work, each with another `CASELOG_ETL_SHARD`; see docs/scaling.md.",
    )
    shard: int | None = Field(
        None,
        ge=0,
        lt=SHARDS,
        description="Which of them this is, from 0; where missing, Kubernetes' `JOB_COMPLETION_INDEX`.",
    )
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port at which `caselog etl schedule` tells its figures to Prometheus, at `/metrics`; 0 is none. "
        "They name no client. At most 32 connections are open at once.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address of that port.")
    batch_bytes: int = Field(
        32 * 1024 * 1024,
        ge=64 * 1024,
        description="Compressed raw bytes of one batch; three batches are in memory at a time.",
    )
    batch_unpacked_bytes: int = Field(
        48 * 1024 * 1024,
        ge=1024 * 1024,
        description="Unpacked bytes at which a batch is closed early, with 2,500 for each log beside its text.",
    )
    keep_replaced_h: float = Field(
        24,
        ge=1,
        le=24 * 365,
        description="Hours for which files that were merged into others are kept for whoever still reads them.",
    )
    keep_audit_days: int = Field(
        400,
        ge=1,
        le=36_500,
        description="Days for which the audit of sign-ins and downloads is kept; then upkeep removes it, once a day.",
    )
