"""What the medallion found wrong reaches Slack through the real engine, once."""

import json
from typing import Any

import boto3
from flow_stack import Stack, eventually

MEDALLION = "ecomm.transform/medallion"
INCIDENT = {
    "kind": "stock_out",
    "subject": "TEE-M",
    "severity": "critical",
    "day": "2026-11-20",
    "sentence": "Tee (TEE-M) is out of stock; 30 sold in the last 28 days",
}


def test_a_medallion_run_tells_of_new_incidents_and_of_those_that_are_over(stack: Stack) -> None:
    found(stack, "20261120T100000000000Z", [INCIDENT])
    assert stack.ended(stack.start(MEDALLION))["state"]["current"] == "SUCCESS"
    eventually(lambda: said(stack, "TEE-M"), 120)
    found(stack, "20261120T110000000000Z", [])
    assert stack.ended(stack.start(MEDALLION))["state"]["current"] == "SUCCESS"
    eventually(lambda: len(said(stack, "TEE-M")) == 2, 120)
    opened, over = (message["payload"]["blocks"] for message in said(stack, "TEE-M"))
    assert opened[0]["text"]["text"] == "Out of stock"
    assert "30 sold in the last 28 days" in opened[1]["text"]["text"]
    assert over[0]["text"]["text"] == "Over"


def test_a_failed_run_that_tells_of_anomalies_is_told(stack: Stack) -> None:
    """It was nobody's business: that nothing looks wrong and that nobody looked were the same."""
    run = stack.start("ecomm.alerts/anomalies_to_slack")
    stack.kill(run)
    assert stack.ended(run)["state"]["current"] == "KILLED"
    assert "ecomm.alerts/anomalies_to_slack was killed" in str(stack.alerted(run)["payload"])


def found(stack: Stack, run: str, incidents: list[dict[str, str]]) -> None:
    """What the anomalies task leaves for the flow."""
    values = stack.values
    client: Any = boto3.client(
        "s3",
        endpoint_url=values["S3_ENDPOINT_URL"],
        aws_access_key_id=values["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=values["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    body = json.dumps({"run_at": run, "incidents": incidents}).encode()
    key = f"alerts/anomalies/{run}/part-00000.txt"
    client.put_object(Bucket=values["S3_BUCKET"], Key=key, Body=body)


def said(stack: Stack, subject: str) -> list[dict[str, Any]]:
    return [message for message in stack.channel() if subject in str(message["payload"])]
