"""The HTTP routes, as databricks-sdk calls them; errors in Databricks' shape."""

import asyncio
import hmac
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from docker.databricks import tasks
from docker.databricks.definitions import InvalidJobError, check, new_run
from docker.databricks.repairs import HISTORY, latest
from docker.databricks.runner import Runner
from docker.databricks.states import is_ended, result
from docker.databricks.store import Store

Document = dict[str, Any]
Handler = Callable[[Document], Document | Response]
HIDDEN = ("wheel", "timeout_seconds", HISTORY)
LOG_BYTES = 5 * 1024 * 1024  # get-output returns the last 5 MB


class ApiError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Api:
    """Handlers take the request's fields and return the response's."""

    def __init__(self, store: Store, runner: Runner, now: Callable[[], int]) -> None:
        self._store, self._runner, self._now = store, runner, now

    def routes(self, token: str) -> list[Route]:
        posts = {
            "create": self.create,
            "reset": self.reset,
            "update": self.update,
            "delete": self.delete,
            "run-now": self.run_now,
            "runs/cancel": self.cancel,
            "runs/repair": self.repair,
        }
        gets = {
            "get": self.get,
            "list": self.list,
            "runs/get": self.get_run,
            "runs/list": self.list_runs,
            "runs/get-output": self.get_output,
        }
        found = [
            Route(f"/api/2.{minor}/jobs/{path}", _guarded(handler, token), methods=[method])
            for minor in (1, 2)
            for method, handlers in (("POST", posts), ("GET", gets))
            for path, handler in handlers.items()
        ]
        return [
            *found,
            Route("/api/2.0/fs/files/{path:path}", self._upload(token), methods=["PUT"]),
            Route("/jobs/{job}/runs/{run_id:int}", self._page),
        ]

    def create(self, body: Document) -> Document:
        job_id = self._store.new_id("job")
        self._store.put_job(self._job(job_id, body))
        return {"job_id": job_id}

    def reset(self, body: Document) -> Document:
        job = self._find_job(body)
        self._store.put_job({**job, "settings": check(body.get("new_settings") or {})})
        return {}

    def update(self, body: Document) -> Document:
        job = self._find_job(body)
        kept = {
            key: value
            for key, value in job["settings"].items()
            if key not in (body.get("fields_to_remove") or [])
        }
        merged = {**kept, **(body.get("new_settings") or {})}
        self._store.put_job({**job, "settings": check(merged)})
        return {}

    def delete(self, body: Document) -> Document:
        self._store.delete_job(self._find_job(body)["job_id"])
        return {}

    def get(self, body: Document) -> Document:
        return self._find_job(body)

    def list(self, body: Document) -> Document:
        jobs = self._store.jobs()
        if body.get("name"):
            wanted = str(body["name"]).lower()
            jobs = [job for job in jobs if job["settings"].get("name", "").lower() == wanted]
        page, token = _page(jobs, body, 100)
        if str(body.get("expand_tasks")).lower() != "true":
            page = [_without_tasks(job) for job in page]
        return {"jobs": page, "has_more": bool(token), **token}

    def run_now(self, body: Document) -> Document:
        job = self._find_job(body)
        token = body.get("idempotency_token")
        if token and len(token) > 64:
            raise ApiError(
                400, "INVALID_PARAMETER_VALUE", "idempotency_token exceeds 64 characters"
            )
        ids = [self._store.new_id("run") for _ in job["settings"]["tasks"]]
        run = new_run(job, self._store.new_id("run"), ids, self._now(), body)
        kept = self._runner.submit(run, job, token)
        return {"run_id": kept["run_id"], "number_in_job": kept["number_in_job"]}

    def get_run(self, body: Document) -> Document:
        run = self._find_run(body)
        page: Document = {"run_page_url": f"/jobs/{run['job_id']}/runs/{run['run_id']}"}
        if str(body.get("include_history")).lower() == "true":
            page[HISTORY] = run.get(HISTORY, [])
        return {**_shown(run), **page}

    def list_runs(self, body: Document) -> Document:
        runs = self._store.runs()
        if body.get("job_id"):
            runs = [run for run in runs if run["job_id"] == int(body["job_id"])]
        if str(body.get("active_only")).lower() == "true":
            runs = [run for run in runs if not is_ended(run)]
        if str(body.get("completed_only")).lower() == "true":
            runs = [run for run in runs if is_ended(run)]
        page, token = _page(runs, body, 25)
        return {"runs": [_shown(run) for run in page], "has_more": bool(token), **token}

    def get_output(self, body: Document) -> Document:
        wanted = _number(body, "run_id")
        for run in self._store.runs():
            for task in run["tasks"]:
                if task["run_id"] == wanted:
                    return self._output(run, task)
            if run["run_id"] == wanted:
                if len(run["tasks"]) == 1:
                    return self._output(run, run["tasks"][0])
                raise ApiError(
                    400,
                    "INVALID_PARAMETER_VALUE",
                    "Retrieving the output of runs with multiple tasks is not supported. Please "
                    "retrieve the output of each individual task run instead.",
                )
        raise ApiError(400, "INVALID_PARAMETER_VALUE", f"Run {wanted} does not exist.")

    def cancel(self, body: Document) -> Document:
        self._runner.cancel(self._find_run(body)["run_id"])
        return {}

    def repair(self, body: Document) -> Document:
        run = self._find_run(body)
        keys = list(body.get("rerun_tasks") or [])
        if body.get("rerun_all_failed_tasks"):
            keys += [t["task_key"] for t in run["tasks"] if result(t) != "SUCCESS"]
        known = {task["task_key"] for task in run["tasks"]}
        if not keys or set(keys) - known:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", "rerun_tasks names no task of the run.")
        last = latest(run)
        if last is not None and body.get("latest_repair_id") != last:
            raise ApiError(
                400, "INVALID_PARAMETER_VALUE", f"latest_repair_id must be the last repair, {last}."
            )
        repair_id = self._store.new_id("repair")
        if not self._runner.again(run["run_id"], keys, repair_id):
            raise ApiError(400, "INVALID_STATE", f"Run {run['run_id']} has not ended yet.")
        return {"repair_id": repair_id}

    def _output(self, run: Document, task: Document) -> Document:
        folder = self._store.output_folder(task)
        logs = tasks.log_of(folder)
        shown: Document = {
            "metadata": {**_shown(run), "run_id": task["run_id"], "task_key": task["task_key"]},
            "logs": logs[-LOG_BYTES:],
            "logs_truncated": len(logs) > LOG_BYTES,
        }
        if task["state"].get("result_state") == "FAILED":
            said = tasks.error_of(folder) or (task["state"]["state_message"], "")
            shown["error"], shown["error_trace"] = said
        return shown

    def _job(self, job_id: int, settings: Document) -> Document:
        return {
            "job_id": job_id,
            "creator_user_name": "ecomm",
            "run_as_user_name": "ecomm",
            "created_time": self._now(),
            "settings": check(settings),
        }

    def _find_job(self, body: Document) -> Document:
        job_id = _number(body, "job_id")
        job = self._store.job(job_id)
        if job is None:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", f"Job {job_id} does not exist.")
        return job

    def _find_run(self, body: Document) -> Document:
        run_id = _number(body, "run_id")
        run = self._store.run(run_id)
        if run is None:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", f"Run {run_id} does not exist.")
        return run

    def _upload(self, token: str) -> Callable[[Request], Awaitable[Response]]:
        async def put(request: Request) -> Response:
            if not _authorized(request, token):
                return _refused()
            path = (self._store.files / request.path_params["path"]).resolve()
            if not path.is_relative_to(self._store.files.resolve()):
                return _error(400, "INVALID_PARAMETER_VALUE", "The path leaves the file store.")
            body = await request.body()
            path.parent.mkdir(parents=True, exist_ok=True)
            # A task may be reading the file: it goes on reading the old one.
            draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
            draft.write_bytes(body)
            draft.replace(path)
            return Response(status_code=204)

        return put

    async def _page(self, request: Request) -> Response:
        """What a link in an alert opens: states and logs of a run, escaped."""
        from docker.databricks.page import run_page

        run = self._store.run(request.path_params["run_id"])
        if run is None:
            return HTMLResponse("<h1>No such run</h1>", status_code=404)
        outputs = {task["task_key"]: self._output(run, task) for task in run["tasks"]}
        return HTMLResponse(run_page(run, outputs))


def _guarded(handler: Handler, token: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if not _authorized(request, token):
            return _refused()
        try:
            fields = await _fields(request)
            found = await asyncio.to_thread(handler, fields)
        except ApiError as error:
            return _error(error.status, error.code, str(error))
        except InvalidJobError as error:
            return _error(400, "INVALID_PARAMETER_VALUE", str(error))
        return found if isinstance(found, Response) else JSONResponse(found)

    return answer


async def _fields(request: Request) -> Document:
    if request.method == "GET":
        return dict(request.query_params)
    try:
        body = await request.json()
    except ValueError as error:
        raise ApiError(400, "MALFORMED_REQUEST", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise ApiError(400, "MALFORMED_REQUEST", "The body is not a JSON object.")
    return body


def _authorized(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _refused() -> Response:
    return _error(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type")


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error_code": code, "message": message}, status_code=status)


def _number(body: Document, name: str) -> int:
    try:
        return int(body[name])
    except (KeyError, TypeError, ValueError) as error:
        raise ApiError(400, "INVALID_PARAMETER_VALUE", f"{name} is missing or no number") from error


def _page(found: list[Document], body: Document, most: int) -> tuple[list[Document], Document]:
    start = _number({"page_token": body.get("page_token") or body.get("offset") or 0}, "page_token")
    end = start + min(_number({"limit": body.get("limit") or 20}, "limit"), most)
    return found[start:end], {"next_page_token": str(end)} if end < len(found) else {}


def _without_tasks(job: Document) -> Document:
    settings = {key: value for key, value in job["settings"].items() if key != "tasks"}
    return {**job, "settings": settings}


def _shown(run: Document) -> Document:
    return {key: value for key, value in run.items() if key not in HIDDEN}
