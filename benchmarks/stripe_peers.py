"""How each Stripe peer is told to read all charges, and how its output is read."""

from pathlib import Path

from benchmarks import peers
from benchmarks.connectors import airbyte_command, airbyte_ids, singer_command, singer_ids
from benchmarks.contest import Contestant
from benchmarks.measure import Command
from benchmarks.real_names import RealNames

ACCOUNT = "acct_3EcommLocalStore0001"  # the local Stripe's
START = "2020-01-01T00:00:00Z"


def tap_stripe(names: RealNames, key: str) -> Contestant:
    tap = str(peers.installed("tap_stripe").parent / "tap-stripe")
    config = {"account_id": ACCOUNT, "client_secret": key, "start_date": START}

    def command(folder: Path) -> Command:
        return singer_command(names, tap, config, ["charges"], folder)

    return Contestant("tap-stripe 3.3.0", command, singer_ids)


def airbyte_stripe(names: RealNames, key: str) -> Contestant:
    source = str(peers.installed("airbyte_stripe").parent / "source-stripe")

    config = {"account_id": ACCOUNT, "client_secret": key, "start_date": START}

    def command(folder: Path) -> Command:
        return airbyte_command(names, source, config, {"charges": "created"}, folder)

    note = "CDK 6.61.6, as pip installs it; all its requests share 100/s for a test key"
    return Contestant("airbyte-source-stripe 5.14.1", command, airbyte_ids, note)
