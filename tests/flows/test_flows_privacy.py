"""A deletion request through the real engine: the form, landing, the Databricks job."""

import base64
import gzip
import hashlib
import hmac

import boto3
import requests
from flow_stack import Stack, eventually

from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter
from scripts.settings import S3

FLOW = "ecomm.privacy/redact_customer"
ORDER = {"id": 1, "customer": {"id": 770099}, "email": "jane@home.example", "total_price": "9.00"}


def test_the_form_masks_landing_and_runs_the_job(stack: Stack, monkeypatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, stack.values[name])
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the keys of earlier tests
    bucket, endpoint = stack.values["S3_BUCKET"], stack.values["S3_ENDPOINT_URL"]
    store = Store(S3(bucket, endpoint, "us-east-1"))
    with LandingWriter(store, "shopify", "orders", "test") as writer:
        writer.write("1", ORDER)
        writer.finish(None, None)
    run = stack.ended(stack.start(FLOW, customer="770099"))
    assert run["state"]["current"] == "SUCCESS", stack.logs(run["id"])
    parts = [store.read(key) for key in store.list("landing/shopify/")]
    assert [part for part in parts if b"jane" in gzip.decompress(part)] == []
    databricks = stack.databricks()
    (job,) = databricks.jobs.list(name="ecomm_redact")
    (done,) = databricks.jobs.list_runs(job_id=job.job_id)
    assert done.state.result_state.value == "SUCCESS"
    audits = boto3.client("s3", endpoint_url=endpoint).list_objects_v2(
        Bucket=bucket, Prefix="lakehouse/gold/privacy_requests/_delta_log/"
    )
    assert len(audits["Contents"]) >= 2
    bad = stack.ended(stack.start(FLOW, customer="jane@home.example"))
    assert bad["state"]["current"] == "FAILED"


def test_a_header_is_no_template(stack: Stack) -> None:
    """The address is no secret: whoever knows it could have secrets of Kestra sent elsewhere. Here
    an expression would give the right signature."""
    place = "executions/webhook/ecomm.privacy/shopify_request/shopify-compliance"
    body = b'{"customer": {"id": 770101}}'
    digest = hmac.new(stack.values["SHOPIFY_API_SECRET"].encode(), body, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "customers/redact",
        "X-Shopify-Hmac-Sha256": f"{{{{ '{signature[:9]}' ~ '{signature[9:]}' }}}}",
    }
    url = f"{stack.values['KESTRA_URL']}/api/v1/main/{place}"
    assert requests.post(url, data=body, headers=headers, timeout=120).status_code == 401


def test_a_call_without_a_body_is_refused_and_alarms_nobody(stack: Stack) -> None:
    """The address is no secret: each call of a stranger was a failed run and a Slack message."""
    place = "executions/webhook/ecomm.privacy/shopify_request/shopify-compliance"
    url = f"{stack.values['KESTRA_URL']}/api/v1/main/{place}"
    assert requests.post(url, timeout=120).status_code == 401
    assert requests.get(url, timeout=120).status_code == 401
    runs = stack.executions("ecomm.privacy")
    calls = [run for run in runs if run["flowId"] == "shopify_request"]
    assert {stack.ended(run["id"])["state"]["current"] for run in calls} == {"SUCCESS"}


def signed(stack: Stack, topic: str, body: bytes) -> tuple[str, dict[str, str]]:
    """Where Shopify sends the body, and its headers."""
    place = "executions/webhook/ecomm.privacy/shopify_request/shopify-compliance"
    digest = hmac.new(stack.values["SHOPIFY_API_SECRET"].encode(), body, hashlib.sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
    }
    return f"{stack.values['KESTRA_URL']}/api/v1/main/{place}", headers


def test_shopifys_webhook_is_answered_and_starts_the_redaction(stack: Stack) -> None:
    body = b'{ "shop_domain": "fern.myshopify.com", "customer": {"id": 770100, "email": "x@y.z"} }'
    url, headers = signed(stack, "customers/redact", body)
    wrong = requests.post(url, data=body + b" ", headers=headers, timeout=120)
    assert wrong.status_code == 401
    right = requests.post(url, data=body, headers=headers, timeout=120)
    assert (right.status_code, right.json()["message"]) == (200, "the customer is being redacted")

    def started() -> list[str]:
        runs = stack.executions("ecomm.privacy")
        return [run["id"] for run in runs if run.get("inputs", {}).get("customer") == "770100"]

    (run,) = eventually(started, 60)
    assert stack.ended(run)["state"]["current"] == "SUCCESS"
    assert "x@y.z" not in str(
        [stack.logs(item["id"]) for item in stack.executions("ecomm.privacy")]
    )


def test_the_body_of_a_request_that_failed_is_forgotten_too(stack: Stack) -> None:
    """Kestra kept it for ever, beside the one that Shopify sent again."""
    body = b'{"customer": {"id": 770102, "email": "canarina.v@aviary.example"}}'
    url, headers = signed(stack, "customers/data_request", body)
    slack = f"{stack.values['SLACK_WEBHOOK_URL'].split('/services/')[0]}/_admin/webhook"
    requests.post(slack, json={"refuses_with": "no_active_hooks"}, timeout=30).raise_for_status()
    try:
        assert requests.post(url, data=body, headers=headers, timeout=200).status_code >= 500
    finally:
        requests.post(slack, json={"refuses_with": None}, timeout=30).raise_for_status()
    files = [path for path in stack.home.rglob("*") if path.is_file()]
    assert [path for path in files if b"canarina.v@aviary" in path.read_bytes()] == []
