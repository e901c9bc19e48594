"""A deletion request through the real engine: the form, landing, the Databricks job."""

import gzip

import boto3
from flow_stack import Stack

from scripts.landing.store import Store
from scripts.landing.writer import LandingWriter
from scripts.settings import S3

FLOW = "ecomm.privacy/redact_customer"
ORDER = {"id": 1, "customer": {"id": 770099}, "email": "jane@home.example", "total_price": "9.00"}


def test_the_form_masks_landing_and_runs_the_job(stack: Stack, monkeypatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, stack.values[name])
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
