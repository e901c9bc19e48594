"""Shopify's official Admin GraphQL schemas: fetched once, pinned by hash, loaded on demand.

They ship as introspection JSON in the npm package `@shopify/dev-mcp` (ISC licence). This
repository names no registry: its address is the user's own npm setting where there is one, else
what `packageurl-python` knows of the npm ecosystem.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import requests
from graphql import GraphQLSchema, build_client_schema

from docker.common.server import SetupError
from docker.shopify.settings import cache_directory

PACKAGE, VERSION = "@shopify/dev-mcp", "1.16.0"
PACKAGE_SHA256 = "4663c79229028e98f825a09d5f04ec6c3736331b740ce50260f9ffac10709474"
SCHEMAS = {
    "2025-10": "75bc6b7f1366826b1bdcc232f0638554bafe1b97a5d4d12a725f037ad11fb6e0",
    "2026-01": "28804b33e23becb5296f168545781daa8747a4574ac2089515f3c572d82670b1",
    "2026-04": "f14a1d924a2ce4a5824dcaa832a90a9fe8d20d0ad16f71240b854401c08b5769",
    "2026-07": "5bcde995c89c59acdb2ee494378d96f45ce7378a16ec829a74b71d696a08ef19",
    "2026-10": "f3b522f264556925eada700e795e4a002a9cba83444ebcc6c0d724254a0c6593",
}


def supported_version(asked: str) -> str:
    """Shopify answers an unsupported version with the oldest one that is still supported."""
    versions = sorted(SCHEMAS)
    return asked if asked in SCHEMAS else versions[0]


def ensure(cache_dir: Path) -> Path:
    """The directory of the verified schema files, fetched when they are not there.

    Raises SetupError with one sentence when they cannot be had.
    """
    directory = cache_dir / "shopify-schema" / VERSION
    if not all(_intact(directory, version) for version in SCHEMAS):
        _unpack(_download(), directory)
    return directory


@cache
def load(directory: Path, version: str) -> GraphQLSchema:
    """The schema of one API version (0.5 to 1 s the first time)."""
    introspection = json.loads(gzip.decompress((directory / f"{version}.json.gz").read_bytes()))
    return build_client_schema(introspection["data"], assume_valid=True)


def _intact(directory: Path, version: str) -> bool:
    path = directory / f"{version}.json.gz"
    return path.exists() and _sha256(path.read_bytes()) == SCHEMAS[version]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download() -> bytes:
    url = _tarball_url()
    try:
        response = requests.get(url, timeout=(15, 120))
        response.raise_for_status()
    except requests.RequestException as error:
        raise SetupError(
            f"Shopify's schema ({PACKAGE} {VERSION}) could not be fetched from the npm registry "
            f"({type(error).__name__}): check the network, or set NPM_CONFIG_REGISTRY."
        ) from error
    if _sha256(response.content) != PACKAGE_SHA256:
        raise SetupError(
            f"{PACKAGE} {VERSION} from the npm registry is not the pinned file (its sha256 "
            "differs): try again, or check what NPM_CONFIG_REGISTRY points at."
        )
    return response.content


def _tarball_url() -> str:
    registry = os.environ.get("NPM_CONFIG_REGISTRY", "")
    if not registry and (npm := shutil.which("npm")):
        asked = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True)
        registry = asked.stdout.strip()
    if registry.startswith("http"):
        name = PACKAGE.split("/")[1]
        return f"{registry.rstrip('/')}/{PACKAGE}/-/{name}-{VERSION}.tgz"
    # the only reader of packageurl: machines with npm do without it
    from packageurl.contrib import purl2url

    known: Any = purl2url
    return str(known.get_download_url(f"pkg:npm/{PACKAGE.replace('@', '%40')}@{VERSION}"))


def _unpack(tarball: bytes, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        for version, expected in SCHEMAS.items():
            member = archive.extractfile(f"package/dist/data/admin_{version}.json.gz")
            content = member.read() if member else b""
            if _sha256(content) != expected:
                raise SetupError(f"the schema of {version} in {PACKAGE} {VERSION} is damaged.")
            draft = directory / f".{version}.{os.getpid()}"
            draft.write_bytes(content)
            draft.replace(directory / f"{version}.json.gz")


if __name__ == "__main__":
    try:
        ensure(cache_directory(dict(os.environ)))
    except SetupError as error:
        sys.exit(f"shopify: {error}")
