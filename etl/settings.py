"""Settings of the ETL."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class EtlSettings(BaseModel):
    """How the ETL works; read from ``CASELOG_ETL_*`` by the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval_s: float = Field(
        300,
        gt=0,
        le=86_400,
        description="Seconds from the start of one scheduled run to the start of the next.",
    )
    batch_bytes: int = Field(
        32 * 1024 * 1024,
        ge=64 * 1024,
        description="Compressed raw bytes of one batch; two batches are in memory at a time.",
    )
    batch_unpacked_bytes: int = Field(
        48 * 1024 * 1024,
        ge=1024 * 1024,
        description="Unpacked bytes at which a batch is closed early, however well its logs compress.",
    )
    keep_replaced_h: float = Field(
        24,
        ge=1,
        le=24 * 365,
        description="Hours for which files that were merged into others are kept for whoever still reads them.",
    )
