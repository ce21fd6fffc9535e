"""Administration of a bucket, by boto3: the data plane never needs these rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake.errors import StoreRefused, StoreUnavailable
from lake.store import Store, s3_options

_REFUSALS = frozenset({"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"})

#: Uploads that were begun and never finished cost money and are seen by nobody.
_LIFECYCLE = {
    "Rules": [
        {
            "ID": "caselog-abort-unfinished-uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
}


def prepare_bucket(url: str, env: Mapping[str, str]) -> bool:
    """Make the bucket of an ``s3://`` lake where it is missing; whether it was. A folder needs nothing.

    Raises `StoreUnavailable`.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3":
        return False
    client = _admin(env)
    try:
        created = _create(client, parts.netloc, s3_options(env)["AWS_REGION"])
        if created:
            _set_lifecycle(client, parts.netloc)
    except (BotoCoreError, ClientError) as error:
        tried = f"making the bucket {parts.netloc}"
        raise (
            StoreRefused(tried) if _code(error) in _REFUSALS else StoreUnavailable(tried, _code(error))
        ) from error
    return created


def keeps_versions(store: Store) -> bool | Literal["unknown"] | None:
    """Whether the bucket keeps what is removed from it as an older version; ``None`` for a lake in a folder."""
    parts = urlsplit(store.url)
    if parts.scheme != "s3":
        return None
    try:
        told = _admin(store.delta_options).get_bucket_versioning(Bucket=parts.netloc)
    except (BotoCoreError, ClientError):  # not everybody may ask, and not every server answers
        return "unknown"
    return "Status" in told  # suspended versioning keeps the versions there were


def _admin(env: Mapping[str, str]) -> Any:
    options = s3_options(env)
    return boto3.client(
        "s3",
        endpoint_url=options.get("AWS_ENDPOINT_URL"),
        region_name=options["AWS_REGION"],
        aws_access_key_id=options.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=options.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=options.get("AWS_SESSION_TOKEN"),
        # Servers other than AWS rarely answer to a bucket's name as a host name.
        config=Config(
            connect_timeout=5,
            read_timeout=20,
            retries={"max_attempts": 3},
            s3={"addressing_style": "path" if "AWS_ENDPOINT_URL" in options else "auto"},
        ),
    )


def _create(client: Any, bucket: str, region: str) -> bool:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if _code(error) not in {"404", "NoSuchBucket"}:
            raise
    else:
        return False
    # us-east-1 is the one region that must not be named: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=bucket, **where)
    return True


def _set_lifecycle(client: Any, bucket: str) -> None:
    try:
        client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=_LIFECYCLE)
    except ClientError:
        # Not every S3 server knows this rule (MinIO cleans up by itself); the lake works without it.
        return


def _code(error: BotoCoreError | ClientError) -> str:
    return (
        str(error.response["Error"].get("Code", ""))
        if isinstance(error, ClientError)
        else type(error).__name__
    )
