"""The service put together: store, warm Spark, runner, routes."""

import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from docker.common.admin import admin_routes
from docker.common.clock import Clock
from docker.common.faults import Fault, FaultMiddleware
from docker.databricks import tasks
from docker.databricks.api import Api
from docker.databricks.runner import Runner
from docker.databricks.settings import from_environment
from docker.databricks.spark import SparkServer
from docker.databricks.store import Store
from docker.databricks.warm import warm_up


def build(data: Path) -> ASGIApp:
    settings = from_environment()
    clock = Clock(data / "clock.json")
    store, spark = Store(data), SparkServer(settings, data)
    runner = Runner(store, spark, clock)
    api = Api(store, runner, lambda: int(clock.now().timestamp() * 1000))
    faults: list[Fault] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks.warm_up()
        rehearsal = data / "spark-work" / "rehearsal"
        threading.Thread(target=warm_up, args=(spark, rehearsal), daemon=True).start()
        runner.recover()
        yield
        spark.stop()

    routes = [
        *admin_routes("databricks", clock, faults, store.reset),
        *api.routes(settings.token),
    ]
    return FaultMiddleware(Starlette(routes=routes, lifespan=lifespan), faults)
