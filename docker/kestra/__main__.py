"""`python -m docker.kestra --port N --data DIR --flows DIR`: becomes the Kestra process."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from docker.embedded.jars import JarError
from docker.kestra.build import BuildError
from docker.kestra.launch import Options, command


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m docker.kestra", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("KESTRA_PORT", "18080")))
    parser.add_argument(
        "--grpc-port", type=int, default=int(os.environ.get("KESTRA_GRPC_PORT", "18088"))
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--flows", type=Path, required=True)
    given = parser.parse_args()
    options = Options(given.port, given.grpc_port, given.data, given.flows, given.host)
    try:
        argv, environment = command(options, os.environ)
    except (JarError, BuildError) as error:
        sys.exit(str(error))
    os.execve(argv[0], argv, environment)


if __name__ == "__main__":
    main()
