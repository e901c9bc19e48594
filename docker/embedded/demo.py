"""`make demo`: two months of a shop in minutes, on the real engines, and where to look after."""

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import requests
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from docker.common.server import SetupError
from docker.embedded import flow, stack, summary
from docker.embedded.settings import PROJECT, Settings

DAYS = 60
console = Console(highlight=False)
STAGED = ("shopify", "stripe")
INGESTS = ("ecomm.ingest/shopify_to_s3", "ecomm.ingest/stripe_to_s3")
MEDALLION = "ecomm.transform/medallion"
ALERT_SECONDS = 120
MEDALLION_SECONDS = 1200


def run(settings: Settings) -> None:
    started = time.monotonic()
    console.rule("[bold]1 of 5  Start the stack")
    stack.up(settings)
    console.rule("[bold]2 of 5  Customers buy in Shopify and pay through Stripe")
    days = play_history(settings)
    console.rule("[bold]3 of 5  Kestra: Shopify and Stripe to S3, then the Databricks job")
    begun = datetime.now(UTC)
    # Back-dated activity lies before the cursor of a schedule that ran meanwhile.
    _ingest(settings, full_refresh=days > 0)
    _wait_medallion(settings, begun)
    console.rule("[bold]4 of 5  A run is broken on purpose")
    break_a_run(settings)
    console.rule("[bold]5 of 5  What the lakehouse says")
    summary.show(settings)
    console.print(f"\nDone in {time.monotonic() - started:.0f} s. `make down` stops the stack.")


def play_history(settings: Settings) -> int:
    """Play each day once, with the local services' clocks set to it; the number of days played.

    The stage moves the clocks through the services' admin path. The synthetic activity itself only
    sees the official APIs; with a real shop or Stripe account it plays today.
    """
    if not set(STAGED) <= set(settings.local):
        _synthetic(settings, ["--days", "1"])
        console.print("  Shopify or Stripe is not local: today's activity only.")
        return 0
    zone = ZoneInfo(settings.values.get("SHOP_TIMEZONE") or "America/New_York")
    today = datetime.now(zone).date()
    mark = settings.home / "history"
    played = date.fromisoformat(mark.read_text()) if mark.exists() else None
    first = played + timedelta(days=1) if played else today - timedelta(days=DAYS)
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    if days:
        console.print(f"  {len(days)} days, about {25 * len(days):,} orders, at Stripe's own rate")
        try:
            _play(settings, days, zone, mark)
        finally:
            _set_clocks(settings, None)
    _run_flow(settings, "ecomm.synthetic/store_activity")
    return len(days)


def _play(settings: Settings, days: list[date], zone: ZoneInfo, mark: Path) -> None:
    bar = Progress(
        SpinnerColumn(),
        TextColumn("  {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Elapsed(),
        console=console,
    )
    with bar, _synthetic_process(settings) as process:
        assert process.stdin
        assert process.stdout
        task = bar.add_task("days", total=len(days))
        orders = 0
        for day in days:
            evening = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone)
            _set_clocks(settings, evening.astimezone(UTC))
            _tell(process.stdin, day)
            orders += orders_told(process.stdout, day)
            mark.write_text(day.isoformat())
            bar.update(task, advance=1, description=f"{day}  {orders:,} orders")
        process.stdin.close()


def orders_told(stdout: IO[str], day: date) -> int:
    """The orders of the day's line. What is said before it, of a request that was repeated, is
    shown; SetupError when the line never comes."""
    said = ["no word"]
    for line in stdout:
        if line.startswith(f"{day} orders "):
            return int(line.split()[2])
        said.append(line.strip())
        console.print(f"  [dim]{escape(said[-1])}[/dim]")
    raise SetupError(f"the synthetic activity of {day} failed: {said[-1]}")


def _tell(stdin: IO[str], day: date) -> None:
    stdin.write(f"{day}\n")
    stdin.flush()


def _synthetic_process(settings: Settings) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.synthetic", "--dates", "-"],
        cwd=PROJECT,
        env={**os.environ, **settings.values},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _synthetic(settings: Settings, flags: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.synthetic", *flags],
        cwd=PROJECT,
        env={**os.environ, **settings.values},
        check=False,
    )
    if done.returncode:
        raise SetupError("the synthetic activity failed; its error stands above")


def _set_clocks(settings: Settings, now: datetime | None) -> None:
    text = now.strftime("%Y-%m-%dT%H:%M:%SZ") if now else None
    for url in (settings.values["SHOPIFY_URL"], settings.values["STRIPE_API_BASE"]):
        requests.post(f"{url}/_admin/clock", json={"now": text}, timeout=10).raise_for_status()


def _run_flow(settings: Settings, name: str, inputs: dict[str, Any] | None = None) -> None:
    begun = time.monotonic()
    with console.status(f"  {name}"):
        execution = flow.execute(settings, name, inputs or {})
    _check(settings, name, execution)
    console.print(f"  {name:<34} [green]SUCCESS[/]  {time.monotonic() - begun:5.1f} s")


def _check(settings: Settings, name: str, execution: dict[str, Any]) -> None:
    state = execution["state"]["current"]
    if state not in flow.GOOD:
        lines = "; ".join(flow.error_lines(settings, execution["id"])[-2:])
        raise SetupError(f"{name} ended {state}: {lines} ({flow.link(settings, execution)})")


def _ingest(settings: Settings, full_refresh: bool) -> None:
    for name in INGESTS:
        _run_flow(settings, name, {"full_refresh": full_refresh})


def _wait_medallion(settings: Settings, since: datetime) -> None:
    """Wait for the medallion runs that the ingests triggered, and for those before them."""
    begun = time.monotonic()
    with console.status(f"  {MEDALLION} (triggered by the ingests)"):
        while True:
            runs = flow.search(settings, MEDALLION)
            new = [r for r in runs if datetime.fromisoformat(r["state"]["startDate"]) >= since]
            if len(new) >= len(INGESTS) and all(r["state"]["current"] in flow.ENDED for r in runs):
                break
            if time.monotonic() - begun > MEDALLION_SECONDS:
                raise SetupError("the medallion runs did not end: see .ecomm/logs")
            time.sleep(0.5)
    for execution in new:
        _check(settings, MEDALLION, execution)
    console.print(f"  {MEDALLION:<34} [green]SUCCESS[/]  {time.monotonic() - begun:5.1f} s")


def break_a_run(settings: Settings) -> None:
    """Ask for a stream that does not exist and wait for the message that Slack gets."""
    name = "ecomm.ingest/shopify_to_s3"
    with console.status(f"  {name} with a stream that does not exist"):
        execution = flow.execute(settings, name, {"streams": "unicorns"})
    console.print(f"  {name:<34} [red]{execution['state']['current']}[/]  (as meant)")
    if "slack" not in settings.local:
        console.print("  The alert went to your Slack channel.")
        return
    message = _alert(settings, execution["id"])
    console.print("  Slack got:")
    for line in message["text"].splitlines():
        console.print(f"    [dim]│[/] {line}", markup=True)


def _alert(settings: Settings, execution_id: str) -> dict[str, str]:
    base = settings.values["SLACK_WEBHOOK_URL"].split("/services/")[0]
    deadline = time.monotonic() + ALERT_SECONDS
    while time.monotonic() < deadline:
        found = requests.get(f"{base}/api/messages", timeout=10).json()["messages"]
        for message in found:
            if execution_id in message["text"]:
                return message
        time.sleep(0.3)
    raise SetupError(f"no Slack message came for run {execution_id}: see .ecomm/logs/kestra.log")
