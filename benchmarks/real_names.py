"""Peers that only know the real host names: they run unmodified where those lead to this machine.

Each runs in a mount namespace with its own /etc/hosts and, over the files with the authorities that
it trusts, one that adds the benchmark's certificate. That needs root on Linux.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import certifi

from benchmarks.measure import Command
from benchmarks.peers import MissingPeerError
from benchmarks.services import PROJECT, process

# What the peers' libraries read: of certifi, and what stripe's old client brings.
AUTHORITIES = ("certifi/cacert.pem", "stripe/data/ca-certificates.crt")
ENTER = """
mount --bind "$1" /etc/hosts
authorities="$2"
shift 2
while [ "$1" != -- ]; do mount --bind "$authorities" "$1"; shift; done
shift
exec "$@"
"""


@dataclass(frozen=True)
class RealNames:
    hosts: Path
    authorities: Path

    def command(self, command: Command) -> Command:
        """The same, inside; argv[0] is a program of the peer's environment."""
        site = next((Path(command.argv[0]).parents[1] / "lib").glob("python*/site-packages"))
        known = [str(site / name) for name in AUTHORITIES if (site / name).exists()]
        inside = ["sh", "-ec", ENTER, "sh", str(self.hosts), str(self.authorities)]
        argv = ["unshare", "--mount", *inside, *known, "--", *command.argv]
        trusted = str(self.authorities)
        env = {**command.env, "REQUESTS_CA_BUNDLE": trusted, "SSL_CERT_FILE": trusted}
        return Command(argv, env, command.cwd)


@contextmanager
def leading_to(host: str, port: int, address: str, folder: Path) -> Iterator[RealNames]:
    """`host` leads to the service at `port` by way of a TLS proxy on `address` (127.x.y.z); raises
    MissingPeerError where that cannot be done."""
    _check()
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    form = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run(
        [*form, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
    authorities, hosts = folder / "authorities.pem", folder / "hosts"
    authorities.write_text(Path(certifi.where()).read_text() + certificate.read_text())
    hosts.write_text(f"127.0.0.1 localhost\n{address} {host}\n")
    argv = [sys.executable, "-m", "benchmarks.tls_proxy", address, str(port)]
    environment = {"PYTHONPATH": str(PROJECT)}
    with process([*argv, str(certificate), str(key)], f"http://{address}/", environment):
        yield RealNames(hosts, authorities)


def _check() -> None:
    if os.geteuid() != 0:
        raise MissingPeerError("skipped: a mount namespace with its own /etc/hosts needs root")
    for tool in ("unshare", "openssl"):
        if not shutil.which(tool):
            raise MissingPeerError(f"skipped: {tool} is not installed")
    tried = subprocess.run(["unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"])
    if tried.returncode:
        raise MissingPeerError("skipped: this machine allows no mount namespace")
