"""Shops that are pulled while their processes are killed, and what silver makes of them."""

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import stripe
from pyspark.sql import SparkSession
from s3_tripwire import Tripwire

from docker.databricks.spark import SparkServer
from spark_jobs.bronze.ingest import ingest
from spark_jobs.lakehouse import Lakehouse
from spark_jobs.silver.job import run as run_silver

ROOT = Path(__file__).parents[2]
STREAMS = ("customers", "charges", "refunds")
# What differs between two runs over the same shop, and means nothing.
TECHNICAL = ("_extracted_at", "_run_id", "_changed_at", "_hash")
BUILD_SECONDS, PULL_SECONDS = 6.0, 2.5
SPARK_WRITES = 60  # about as many as bronze and silver take


@dataclass(frozen=True)
class Doomed:
    """A Spark that writes through the tripwire, and its port."""

    spark: SparkServer
    port: int


@dataclass
class World:
    """environment: of the commands, without the bucket. kills: what was killed, and where."""

    environment: dict[str, str]
    stripe_url: str
    tripwire: Tripwire
    spark: SparkServer
    doomed: Doomed
    dice: random.Random
    kills: list[str] = field(default_factory=list)

    def shop(self) -> stripe.StripeClient:
        key = self.environment["STRIPE_API_KEY"]
        return stripe.StripeClient(key, base_addresses={"api": self.stripe_url})

    # --- commands and their ends

    def start(self, arguments: list[str], extra: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, **extra},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def pull(self, bucket: str, endpoint: str | None = None) -> "subprocess.Popen[bytes]":
        extra = {"S3_BUCKET": bucket} | ({"S3_ENDPOINT_URL": endpoint} if endpoint else {})
        return self.start(["-m", "scripts.stripe_to_s3", "--streams", ",".join(STREAMS)], extra)

    def pull_to_the_end(self, bucket: str) -> None:
        done = self.pull(bucket)
        error = done.communicate()[1]
        assert done.returncode == 0, error.decode()

    def killed_pull(self, bucket: str) -> None:
        """One pull that dies: at some moment, or at one of its writes."""
        if self.dice.random() < 0.3:
            process = self.pull(bucket)
            self.kill_within(process, PULL_SECONDS, "pull at a moment")
            return
        before = self.arm(3 * len(STREAMS))
        process = self.pull(bucket, self.tripwire.url)
        self.tripwire.aim(process.pid)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            path = self.tripwire.writes[-1].partition("/")[2].partition("/")[2]
            self.kills.append(f"{before} {path}")
        else:
            assert process.returncode == 0

    def arm(self, writes: int) -> str:
        """Set the trap at one of the first writes, before it or after it; which of the two."""
        before = self.dice.random() < 0.5
        self.tripwire.arm(self.dice.randint(1, writes), before)
        return "before" if before else "after"

    def kill_within(self, process: "subprocess.Popen[bytes]", seconds: float, what: str) -> None:
        deadline = time.monotonic() + self.dice.uniform(0.05, seconds)
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        if process.poll() is None:
            process.kill()
            self.kills.append(what)
        process.communicate()

    # --- the lake

    def build(
        self, bucket: str, layers: Sequence[str], spark: SparkServer
    ) -> "subprocess.Popen[bytes]":
        place = f"s3://{bucket}"
        calls = "; ".join(f"main.{layer}()" for layer in layers)
        session = f"00000000-0000-4000-8000-{self.dice.getrandbits(48):012x}"
        places = ("--landing", place, "--lakehouse", f"{place}/lakehouse")
        return self.start(
            ["-c", f"from spark_jobs import main; {calls}", *places],
            {"SPARK_REMOTE": spark.url(session)},
        )

    @contextmanager
    def session(self) -> Iterator[SparkSession]:
        """A session of its own: the Spark behind it may be killed after."""
        url = self.spark.url(str(uuid.uuid4()))
        session = SparkSession.builder.remote(url).create()
        try:
            yield session
        finally:
            session.stop()

    def build_to_the_end(self, bucket: str) -> None:
        with self.session() as session:
            session.conf.set("spark.sql.session.timeZone", "UTC")
            lake = Lakehouse(session, f"s3://{bucket}/lakehouse", f"s3://{bucket}")
            ingest(lake)
            run_silver(lake)

    def killed_build(self, bucket: str) -> None:
        """The bronze or silver task dies, or Spark."""
        if self.dice.random() < 0.2:  # each costs a cold Spark
            self.killed_spark(bucket)
        else:
            layer = self.dice.choice(("bronze", "silver"))
            process = self.build(bucket, [layer], self.spark)
            self.kill_within(process, BUILD_SECONDS, layer)

    def killed_spark(self, bucket: str) -> None:
        """Spark dies at one of its writes, and the task of it."""
        before = self.arm(SPARK_WRITES)
        process = self.build(bucket, ("bronze", "silver"), self.doomed.spark)
        self.tripwire.aim(_java(self.doomed.port))
        while process.poll() is None and not self.tripwire.killed:
            time.sleep(0.05)
        if self.tripwire.killed:
            process.kill()  # it would wait ten minutes for another Spark
            self.kills.append(f"Spark {before} a write")
        error = process.communicate()[1]
        self.doomed.spark.stop()
        assert self.tripwire.killed or process.returncode == 0, error.decode()

    def silver(self, bucket: str) -> dict[str, list[dict[str, Any]]]:
        """Rows of every silver table of the pulled streams, in the order of their keys."""
        with self.session() as session:
            tables = {}
            for stream in STREAMS:
                place = f"s3://{bucket}/lakehouse/silver/stripe_{stream}"
                rows = session.read.format("delta").load(place).drop(*TECHNICAL).collect()
                tables[stream] = sorted((row.asDict(True) for row in rows), key=str)
            return tables


def _java(port: int) -> int:
    """Its process, which a leash holds that must live to reap it."""
    mark = f"spark.connect.grpc.binding.port={port}".encode()
    (found,) = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _read(process / "comm") == b"java\n" and mark in _read(process / "cmdline")
    ]
    return found


def _read(path: Path) -> bytes:
    with suppress(OSError):  # a process that has ended since
        return path.read_bytes()
    return b""


def trade(world: World, number: int) -> None:
    """Something happens in the shop: people come, pay, get money back, are changed, leave."""
    shop = world.shop()
    made = [
        shop.v1.customers.create({"email": f"buyer-{number}-{n}@shop.test", "name": f"Buyer {n}"})
        for n in range(6)
    ]
    charges = [
        shop.v1.payment_intents.create(
            {
                "amount": 1000 + 7 * n,
                "currency": "usd",
                "customer": customer.id,
                "payment_method": "pm_card_visa",
                "payment_method_types": ["card"],
                "confirm": True,
            }
        )
        for n, customer in enumerate(made)
    ]
    older = shop.v1.charges.list({"limit": 20}).data
    for charge in [item for item in older if not item.refunded][-3:]:
        shop.v1.refunds.create({"charge": charge.id, "amount": 1 + charge.amount_refunded})
    shop.v1.customers.update(made[0].id, {"name": "Renamed"})
    shop.v1.customers.delete(made[1].id)
    assert len(charges) == 6


def reset(stripe_url: str) -> None:
    requests.post(f"{stripe_url}/_admin/reset", timeout=30).raise_for_status()
