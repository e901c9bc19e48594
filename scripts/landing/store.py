"""The bucket: one S3 client, the few calls that landing needs, errors people can act on.

The client is botocore's own and transfers are loaded when a file is big: with all of boto3 they
were a tenth of a small pull's CPU time.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.session
import orjson
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointProviderError,
    NoCredentialsError,
    ParamValidationError,
)

from scripts.errors import FatalError, RetriableError
from scripts.settings import S3

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef
    from s3transfer.manager import TransferManager

# Above, transfers send parts at once; below they only cost a dozen threads each.
ONE_REQUEST_BYTES = 8 * 1024 * 1024


# What is no 5xx and passes all the same: an upload that came too slowly or broken, or whose end was
# asked for again because the first answer got lost.
PASSING = ("RequestTimeout", "IncompleteBody", "BadDigest", "NoSuchUpload")
NO_S3 = "what answered for {} is no S3, it does not say {}: check S3_ENDPOINT_URL and proxies"


class LostRaceError(RetriableError):
    """Another writer created the object first."""


class MissingObjectError(FatalError):
    """There is no object of that key."""


class ChangedObjectError(RetriableError):
    """The object was written anew while it was read."""


class Store:
    """A bucket. Keys are relative to it; JSON objects are dictionaries."""

    def __init__(self, settings: S3) -> None:
        self.bucket = settings.bucket
        try:
            client: Any = botocore.session.Session().create_client(
                "s3",
                endpoint_url=settings.endpoint_url,
                region_name=settings.region,
                config=Config(
                    retries={"mode": "standard", "max_attempts": 5},
                    connect_timeout=10,
                    read_timeout=60,
                    s3={"addressing_style": "path"} if settings.endpoint_url else {},
                ),
            )
        except ValueError as error:
            raise FatalError(f"S3_ENDPOINT_URL or AWS_REGION is not right: {error}") from error
        self._client: S3Client = client

    def upload(self, path: "Path", key: str) -> None:
        """Upload a file (multipart when big); the object appears whole or not at all."""
        with _explained(self.bucket, key):
            if path.stat().st_size > ONE_REQUEST_BYTES:
                with self._transfers(key) as transfers:
                    transfers.upload(str(path), self.bucket, key).result()
                answer: Any = self._client.head_object(Bucket=self.bucket, Key=key)
            else:
                with path.open("rb") as file:
                    answer = self._client.put_object(Bucket=self.bucket, Key=key, Body=file)
            _check_s3("ETag", answer, f"s3://{self.bucket}/{key}")

    def create(self, key: str, document: dict[str, object]) -> None:
        """Write a JSON object that must not exist yet; raise LostRaceError when it does."""
        body = orjson.dumps(document)
        with _explained(self.bucket, key):
            try:
                answer = self._client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                # An answer that got lost is asked for again, and then our own object is in the way.
                repeated = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0
                if not (repeated and _exists_already(error) and self.read(key) == body):
                    raise
            else:
                _check_s3("ETag", answer, f"s3://{self.bucket}/{key}")

    def read(self, key: str) -> bytes:
        with _explained(self.bucket, key):
            return self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def download(self, key: str, path: "Path") -> None:
        with _explained(self.bucket, key), self._transfers(key) as transfers:
            transfers.download(self.bucket, key, str(path)).result()

    def exists(self, key: str) -> bool:
        return any(found == key for found in self.list(key))

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        """Keys under a prefix in lexicographic order, those that follow `after`."""
        yield from (item["Key"] for item in self._items(prefix, after))

    def etags(self, prefix: str) -> Iterator[tuple[str, str, int]]:
        """(key, etag, bytes) under a prefix: enough to tell whether a file has changed."""
        for item in self._items(prefix):
            yield item["Key"], item["ETag"].strip('"'), item["Size"]

    def _items(self, prefix: str, after: str = "") -> "Iterator[ObjectTypeDef]":
        with _explained(self.bucket, prefix):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, StartAfter=after):
                _check_s3("IsTruncated", page, f"s3://{self.bucket}/{prefix}")
                if page["IsTruncated"]:  # else the paginator takes it for the last page
                    _check_s3("NextContinuationToken", page, f"s3://{self.bucket}/{prefix}")
                yield from page.get("Contents", [])

    def delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), 1000):
            batch = keys[start : start + 1000]
            with _explained(self.bucket, batch[0]):
                answer = self._client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in batch]}
                )
            for error in answer.get("Errors", []):  # inside an answer that is 200
                place = f"s3://{self.bucket}/{error.get('Key')}"
                raise RetriableError(f"S3 did not delete {place} ({error.get('Code')})")

    @contextmanager
    def _transfers(self, key: str) -> "Iterator[TransferManager]":
        from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError
        from s3transfer.manager import TransferManager

        place = f"s3://{self.bucket}/{key}"
        try:
            with TransferManager(self._client) as transfers:
                yield transfers
        except S3DownloadFailedError as error:
            raise ChangedObjectError(f"{place} was written anew while it was read") from error
        except KeyError as error:
            raise RetriableError(NO_S3.format(place, error)) from error
        except RetriesExceededError as error:
            raise RetriableError(f"S3 broke off the transfer of {place}: {error}") from error


def _check_s3(said: str, answer: Mapping[str, Any], place: str) -> None:
    """S3 always says it. A proxy's page that is 200 would pass for a bucket without cursors, and
    for a manifest that was written."""
    if said not in answer:
        raise RetriableError(NO_S3.format(place, f"'{said}'"))


@contextmanager
def _explained(bucket: str, key: str) -> Iterator[None]:
    place = f"s3://{bucket}/{key}"
    try:
        yield
    except NoCredentialsError as error:
        raise FatalError(
            "no S3 credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role"
        ) from error
    except ClientError as error:
        raise _translate(error, place) from error
    except (ParamValidationError, EndpointProviderError) as error:
        raise FatalError(
            f"S3_BUCKET is {bucket!r} and S3_ENDPOINT_URL has to be like https://host: the bucket "
            "is its name alone, without s3:// and folders"
        ) from error
    except BotoCoreError as error:
        raise RetriableError(f"S3 could not be reached for {place}: {error}") from error


def _exists_already(error: ClientError) -> bool:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code in ("PreconditionFailed", "ConditionalRequestConflict") or status in (409, 412)


def _translate(error: ClientError, place: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if _exists_already(error):
        return LostRaceError(f"{place} was created by another run first")
    if code in PASSING:
        return RetriableError(f"S3 answered {status} {code} for {place}")
    if code in ("NoSuchKey", "404"):  # an answer to HEAD has no body to say more
        return MissingObjectError(f"{place} is not there")
    if code in ("NoSuchBucket", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return FatalError(
            f"S3 refused {place} ({code}): check S3_BUCKET, AWS_ACCESS_KEY_ID and its policy"
        )
    if status == 501:
        return FatalError(
            f"S3 answered 501 {code} for {place}: a server is needed that creates objects with "
            "If-None-Match, as AWS does"
        )
    if status >= 500 or status == 429:
        return RetriableError(f"S3 answered {status} {code} for {place}")
    return FatalError(f"S3 answered {status} {code} for {place}")
