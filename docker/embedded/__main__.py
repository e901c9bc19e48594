"""`python -m docker.embedded up|down|status|demo|flow|backfill|query`: what the Makefile calls."""

import argparse
import errno
import json
import sys

from docker.common.server import SetupError
from docker.embedded import demo, flow, query, setup, stack
from docker.embedded.jars import JarError
from docker.embedded.settings import load
from docker.kestra.build import BuildError

BACKFILL = ("source", "streams", "since", "until")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m docker.embedded")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("setup", "demo", "up", "down", "status"):
        commands.add_parser(name)
    flow_parser = commands.add_parser("flow")
    flow_parser.add_argument("flow", help="namespace/flow")
    flow_parser.add_argument("--inputs", default="{}", help="JSON object")
    backfill_parser = commands.add_parser("backfill")
    for name in BACKFILL:
        backfill_parser.add_argument(f"--{name}", default="")
    query_parser = commands.add_parser("query")
    query_parser.add_argument("sql")
    query_parser.add_argument("--format", default="table", choices=("table", "json", "csv"))
    given = parser.parse_args()
    try:
        code = _run(given)
    except (SetupError, JarError, BuildError) as error:
        sys.exit(f"ecomm: {error}")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit("ecomm: no space left on the disk: free some, or point ECOMM_HOME elsewhere")
    sys.exit(code)


def _run(given: argparse.Namespace) -> int:
    settings = load()
    match given.command:
        case "setup":
            setup.run()
        case "demo":
            demo.run(settings)
        case "up":
            stack.up(settings)
        case "down":
            stack.down(settings)
        case "status":
            return 0 if stack.status(settings) else 1
        case "flow":
            return flow.run(settings, given.flow, given.inputs)
        case "backfill":
            inputs = json.dumps({name: getattr(given, name) for name in BACKFILL})
            return flow.run(settings, "ecomm.backfill/backfill", inputs)
        case "query":
            query.run(settings, given.sql, given.format)
    return 0


if __name__ == "__main__":
    main()
