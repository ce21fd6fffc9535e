"""The dashboards on a real S3 server: kernels read presigned addresses, and the gateway serves no file itself."""

from __future__ import annotations

import uuid

from etl.run import run_once
from etl.settings import EtlSettings
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw
from tests.servers import s3
from tests.voila_dashboards.gateway_server import LakeEnv, dashboards_on, environment_of, open_page


def test_on_s3_a_kernel_reads_tables_and_raw_objects_of_its_client_without_credentials(
    weed_server: s3.S3Server,
) -> None:
    lake = LakeEnv(f"s3://{s3.BUCKET}/{uuid.uuid4().hex}", dict(weed_server.env))
    store = open_store(lake.url, lake.env)
    for client_id in ("acme", "globex"):
        put_raw(store, a_log("compacted", client_id=client_id))
    run_once(Lake(store), EtlSettings())

    with dashboards_on(lake, pool_size=0) as server:
        _, _, page = open_page(server.browser("ann"), "/tickets")
        environments = [environment_of(pid) for pid in server.descendants()]
        served = server.browser("ann").get("/lake/control/users/pat.json")

    rows = page["data"]["rows"]
    assert {row["ticket_id"] for row in rows} == {"T-compacted", "T-acme-0", "T-acme-1", "T-acme-2"}
    assert {row["client_id"] for row in rows} == {"acme"}
    assert not any("AWS_" in environment for environment in environments)
    assert served.status_code == 404
