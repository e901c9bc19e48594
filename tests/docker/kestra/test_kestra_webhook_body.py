"""A webhook's body as bytes: what a signature is over."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from kestra_process import SECRETS, Kestra, eventually


def test_fetch_type_store_keeps_the_bytes_as_they_came(kestra: Kestra) -> None:
    # Spaces, an escape, a number that JSON writes otherwise: parsing would lose each of them.
    body = b'{ "name" : "Zo\\u00eb \xf0\x9f\x9b\xb7", "total":1.50 }\n'
    headers = {"Content-Type": "application/json", "X-Shopify-Hmac-Sha256": "c2lnbmVk+/="}
    path = f"/executions/webhook/it.main/stored/{SECRETS['HOOK_KEY']}"
    answer = kestra.post(path, data=body, headers=headers)
    assert answer.status_code == 200
    run = answer.json()["id"]
    eventually(lambda: kestra.state(run) in ("SUCCESS", "FAILED"), seconds=60)
    (said,) = eventually(
        lambda: [line for line in kestra.messages(run) if line.startswith("digest")]
    )
    assert hashlib.sha256(body).hexdigest() in said
    headers = json.loads(said.partition("with ")[2])
    assert {name.lower(): values for name, values in headers.items()}["x-shopify-hmac-sha256"] == [
        "c2lnbmVk+/="
    ]
    assert kestra.state(run) == "SUCCESS"
    kept = [file for file in (kestra.folder / "data").rglob("body*") if run in str(file)]
    assert [file for file in kept if Path(file).is_file()] == []


def test_a_body_that_would_take_all_memory_is_refused(kestra: Kestra) -> None:
    path = f"/executions/webhook/it.main/stored/{SECRETS['HOOK_KEY']}"
    answer = kestra.post(path, data=bytes(64 * 1024 * 1024))
    assert answer.status_code == 413
    assert "the body is longer than 16777216 bytes" in answer.json()["message"]
