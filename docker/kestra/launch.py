"""The command line and environment that start Kestra; the supervisor runs what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from docker.embedded import jars, jre
from docker.kestra import build

# What a task may see of this process: where programs are and how to reach the network. Everything
# else a flow must pass on itself (`env:`), as with the Docker task runner.
PASSED = {"PATH", "PYTHONPATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV"}
PASSED |= {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
PASSED |= {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}
PASSED_PREFIXES = ("ENV_", "SECRET_", "KESTRA_")
HEAP = "512m"


@dataclass(frozen=True)
class Options:
    """`flows` is read recursively; `data` holds the database, stored files and working folders."""

    port: int
    grpc_port: int
    data: Path
    flows: Path
    host: str = "127.0.0.1"


def class_path() -> list[Path]:
    """The launcher and Kestra's jars; fetches and compiles what is missing.

    Raises jars.JarError or build.BuildError.
    """
    found = jars.fetch(["kestra", "ecj"])
    return [build.classes(found["kestra"], found["ecj"][0]), *found["kestra"]]


def command(options: Options, environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """argv and environment of the Kestra process; raises what `class_path` raises."""
    return arguments(options, class_path()), visible(environment)


def arguments(options: Options, class_path: list[Path]) -> list[str]:
    archive = build.start_archive(class_path)
    quick = [f"-XX:AOTCache={archive}"] if archive.exists() else []
    java = [str(jre.java()), f"-Xmx{HEAP}", *JVM, *quick, "-cp", ":".join(map(str, class_path))]
    places = ["--data", str(options.data), "--flows", str(options.flows), "--host", options.host]
    ports = ["--port", str(options.port), "--grpc-port", str(options.grpc_port)]
    return [*java, "io.ecomm.kestra.Main", *places, *ports]


def visible(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name in PASSED or name.startswith(PASSED_PREFIXES)
    }


JVM = (
    "-XX:+UseSerialGC",  # the smallest of the collectors; pauses of some ms do not matter here
    "-XX:TieredStopAtLevel=1",  # quick start matters more than peak speed of a scheduler
    "-XX:+ExitOnOutOfMemoryError",
    "-Dsun.net.httpserver.nodelay=true",  # else an answer waits 40 ms for an acknowledgement
    "-Xlog:aot=error",  # an archive that does not fit is left out, which needs no warning
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",  # netty and protobuf; silences the JVM's notice
    "-Dfile.encoding=UTF-8",
)
