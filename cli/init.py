"""``caselog init``: everything a new lake needs, before anything writes to it."""

from __future__ import annotations

import os
import uuid

import click

from cli.environment import open_lake_store
from cli.output import answer, json_option
from lake.bucket import prepare_bucket
from lake.layout import probe_key
from lake.probe import probe
from lake.snapshot import Lake


@click.command()
@json_option
def init(*, as_json: bool) -> None:
    """Make the bucket and the empty tables; doing it twice is safe.

    Needs more rights than anything else: run it once, as the store's administrator.
    """
    store = open_lake_store(create=True)
    created = prepare_bucket(store.url, os.environ)
    Lake(store).create_tables()
    probe(store, probe_key(uuid.uuid4().hex))  # tables that are there already say nothing about writing
    sentence = f"The lake {store.url} is ready{' (the bucket is new)' if created else ''}."
    answer({"lake_url": store.url, "bucket_created": created}, as_json=as_json, sentence=sentence)
