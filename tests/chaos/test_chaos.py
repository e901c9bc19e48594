"""Whatever is killed and whenever: run again, silver is what an undisturbed run makes of the shop.

`make test` takes a sample, `make chaos` 200 disturbed runs and 50 pairs of pulls at once. The seed
of a failure is CHAOS_SEED with the same counts.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from chaos_world import World, reset, trade

RUNS = int(os.environ.get("CHAOS_RUNS", "2"))
PAIRS = int(os.environ.get("CHAOS_PAIRS", "1"))
GROUP = 40  # disturbed runs that share a shop and an undisturbed run
AT_ONCE = 2  # lakes that are built at the same time


def buckets(world: World, name: str, count: int) -> list[str]:
    given = world.environment
    # A session of its own: boto3's default one would keep these keys for every later test.
    client = boto3.Session(
        given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], region_name=given["AWS_REGION"]
    ).client("s3", endpoint_url=given["S3_ENDPOINT_URL"])
    names = [f"chaos-{name}-{number}" for number in range(count)]
    for bucket in names:
        client.create_bucket(Bucket=bucket)
    return names


def disturbed(world: World, bucket: str) -> None:
    """A pull that dies one to three times, then a build that may die, then both to their end."""
    for _ in range(world.dice.randint(1, 3)):
        world.killed_pull(bucket)
    world.pull_to_the_end(bucket)
    if world.dice.random() < 0.5:
        world.killed_build(bucket)


def groups(world: World, name: str, total: int) -> Iterator[tuple[str, list[str]]]:
    """Buckets for `total` disturbed runs: those that share a shop, and its undisturbed one.

    After a whole group comes a new Spark: of every lake that it serves it keeps what it knows of
    the tables, 2 MB each, and the S3 client's threads. It is made for one lake, and a heap of 1 GB
    was full after twenty.
    """
    for first in range(0, total, GROUP):
        reset(world.stripe_url)
        calm, *others = buckets(world, f"{name}-{first}", min(GROUP, total - first) + 1)
        yield calm, others
        if len(others) == GROUP:
            world.spark.stop()


def built(world: World, lakes: list[str]) -> list[dict[str, list[dict[str, Any]]]]:
    """Silver of each bucket, brought to its end."""

    def bring(bucket: str) -> dict[str, list[dict[str, Any]]]:
        world.build_to_the_end(bucket)
        return world.silver(bucket)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(bring, lakes))


def test_a_killed_run_changes_nothing(world: World) -> None:
    done = 0
    for calm, others in groups(world, "kill", RUNS):
        for part in range(2):
            trade(world, part)
            world.pull_to_the_end(calm)
            for bucket in others:
                disturbed(world, bucket)
        expected, *found = built(world, [calm, *others])
        assert {stream: len(rows) for stream, rows in expected.items()} == {
            "customers": 12,
            "charges": 12,
            "refunds": 6,
        }
        for bucket, silver in zip(others, found, strict=True):
            assert silver == expected, (bucket, world.kills)
        done += len(others)
        places = Counter(kill.split("/")[0] for kill in world.kills)
        print(f"{done} runs, {len(world.kills)} kills: {dict(places)}")
    assert len(world.kills) >= RUNS


def test_two_pulls_at_once_change_nothing(world: World) -> None:
    done = 0
    for calm, others in groups(world, "pair", PAIRS):
        for part in range(2):
            trade(world, part)
            world.pull_to_the_end(calm)
            for bucket in others:
                both = [world.pull(bucket), world.pull(bucket)]
                with ThreadPoolExecutor(2) as pool:
                    list(pool.map(lambda process: process.communicate(), both))
                # Each may win one stream and lose another.
                assert {process.returncode for process in both} <= {0, 75}
                world.pull_to_the_end(bucket)
        expected, *found = built(world, [calm, *others])
        for bucket, silver in zip(others, found, strict=True):
            assert silver == expected, bucket
        done += len(others)
        print(f"{done} pairs")
