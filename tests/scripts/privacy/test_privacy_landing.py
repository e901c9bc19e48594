"""Landing on a real S3 server after a request: masked, consistent, and able to go on."""

import gzip
import hashlib

import orjson
import pytest
from lake import landed, manifests

from scripts.errors import FatalError
from scripts.files.land import land_files
from scripts.landing.pull import Reader, pull
from scripts.landing.slices import Change, Target
from scripts.landing.state import read_state
from scripts.landing.store import Store
from scripts.landing.window import NEVER, Request, Window
from scripts.landing.writer import LandingWriter
from scripts.privacy import landing
from scripts.privacy.report import report
from scripts.privacy.request import ask, redact

HERS = {"id": 1, "customer": {"id": 77001}, "email": "jane@home.example", "total_price": "9.00"}
HIS = {"id": 2, "customer": {"id": 5}, "email": "bob@home.example", "total_price": "7.00"}


def land(store: Store, source: str, stream: str, *records: dict) -> None:
    with LandingWriter(store, source, stream, "test") as writer:
        for record in records:
            writer.write(str(record["id"]), record)
        writer.finish(None, "2026-11-01T00:00:00.000000Z")


def everything(store: Store) -> bytes:
    parts = (store.read(key) for key in store.list(""))
    return b"".join(gzip.decompress(p) if p[:2] == b"\x1f\x8b" else p for p in parts)


def test_parts_are_masked_and_manifests_true(store: Store) -> None:
    land(store, "shopify", "orders", HERS, HIS)
    land(store, "stripe", "charges", {"id": "ch_1", "receipt_email": "jane@home.example"})
    land(store, "stripe", "charges", {"id": "ch_2", "receipt_email": "bob@home.example"})
    (untouched,) = (m for m in manifests(store, "stripe", "charges")[1:])
    identity = redact(store, "77001")
    assert b"jane@home" not in everything(store)
    assert b"77001" not in everything(store)
    first, second = (envelope["record"] for envelope in landed(store, "shopify", "orders"))
    assert (first["total_price"], second) == ("9.00", HIS)
    for manifest in manifests(store, "shopify", "orders"):
        for file in manifest["files"]:
            content = store.read(file["path"])
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (
                file["sha256"],
                file["bytes"],
            )
    assert manifests(store, "stripe", "charges")[1] == untouched
    note = orjson.loads(store.read(f"privacy/{identity}.json"))
    assert {run["stream"] for run in note["runs"]} == {"orders", "charges"}
    assert list(store.list("state/privacy/")) == []


def test_what_a_pull_lands_meanwhile_is_masked_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(store, "shopify", "orders", HERS)
    given = landing._redacted
    late = [{**HERS, "id": 9}]

    def slow(*arguments):
        while late:
            land(store, "shopify", "orders", late.pop())
        return given(*arguments)

    monkeypatch.setattr(landing, "_redacted", slow)
    identity = redact(store, "77001")
    assert b"jane@home" not in everything(store)
    assert len(orjson.loads(store.read(f"privacy/{identity}.json"))["runs"]) == 2


def test_a_key_of_a_database_may_be_her_email(store: Store) -> None:
    land(store, "shopify", "orders", HERS)
    land(store, "database", "leads", {"id": "jane@home.example", "score": 3})
    redact(store, "77001")
    assert b"jane@home" not in everything(store)
    (row,) = landed(store, "database", "leads")
    assert row["_id"] == row["record"]["id"]


def test_what_a_pull_remembers_of_her_goes_and_her_end_lands_under_her_masked_key(
    store: Store,
) -> None:
    target = Target("database", "leads", "1")
    people = ("jane@home.example", "bob@home.example")
    rows = [Change(email, {"score": 3}, NEVER) for email in people]

    def whole(found: list[Change]) -> Reader:
        window = Window(None, "2026-11-01T00:00:00.000000Z", "")
        return Reader(lambda _: iter(found), window=lambda *_: window, snapshot=True)

    pull(store, target, Request(), whole(rows))
    land(store, "shopify", "orders", HERS)
    redact(store, "77001")
    assert b"jane@home" not in everything(store)
    pull(store, target, Request(), whole(rows[1:]))
    first, _, end = landed(store, "database", "leads")
    assert (end["_id"], end["_deleted"]) == (first["_id"], True)
    assert b"jane@home" not in everything(store)


def test_lines_that_do_not_name_her_stay_byte_for_byte(store: Store) -> None:
    """Rewritten, a number of 30 digits would become one of 17."""
    text = b'{"_source":"shopify","_stream":"orders","_id":"%d","record":%s}\n'
    hers = text % (1, orjson.dumps(HERS))
    his = text % (2, b'{"id":2,"count":123456789012345678901234567890,"rate":1.50}')
    land(store, "shopify", "orders", HERS)
    (manifest,) = manifests(store, "shopify", "orders")
    landing.put(store, manifest["files"][0]["path"], gzip.compress(his + hers + his))
    redact(store, "77001")
    (manifest,) = manifests(store, "shopify", "orders")
    first, second, third = gzip.decompress(store.read(manifest["files"][0]["path"])).splitlines(
        True
    )
    assert (first, third) == (his, his)
    assert b"jane" not in second


def test_what_names_only_her_charge_is_masked(store: Store) -> None:
    evidence = {"customer_name": "J. Nightingale", "customer_purchase_ip": "203.0.113.7"}
    land(store, "stripe", "disputes", {"id": "dp_1", "charge": "ch_1", "evidence": evidence})
    moved = {"id": "txn_1", "source": "ch_1", "description": "Tee for Nightingale", "net": 1}
    land(store, "stripe", "balance_transactions", moved, {**moved, "id": "txn_2", "source": "ch_2"})
    paid = {"id": "ch_1", "object": "charge", "receipt_email": "jane@home.example"}
    land(store, "stripe", "charges", paid)
    land(store, "shopify", "orders", HERS)
    redact(store, "77001")
    assert b"203.0" not in everything(store)
    hers, other = (row["record"] for row in landed(store, "stripe", "balance_transactions"))
    assert (hers["description"], hers["net"]) == (None, 1)
    assert other["description"] == "Tee for Nightingale"


def test_what_is_hers_by_account_or_order_alone_is_masked(store: Store) -> None:
    """Names and addresses of these records are written otherwise than in any that has her id."""
    land(store, "shopify", "orders", HERS | {"id": 501, "name": "#1001"}, HIS)
    linked = {"id": "cus_1", "object": "customer", "metadata": {"shopify_customer_id": "77001"}}
    land(store, "stripe", "customers", linked, {"id": "cus_2", "object": "customer"})
    billed = {"object": "payment_method", "billing_details": {"name": "J M Doe", "address": "Elm"}}
    land(
        store,
        "stripe",
        "payment_methods",
        billed | {"id": "pm_1", "customer": "cus_1"},
        billed | {"id": "pm_2", "customer": "cus_2"},
    )
    order = {"shopify_order_id": "gid://shopify/Order/501"}
    charge = {"id": "ch_1", "amount": 900, "billing_details": {"name": "Jan"}, "metadata": order}
    land(store, "stripe", "charges", charge)
    parcel = {"id": "T1", "order_name": "#1001", "recipient": "Janey", "address": "1 Elm Road"}
    land(store, "database", "parcels", parcel, parcel | {"id": "T2", "order_name": "#2"})
    redact(store, "77001")
    names = [e["record"]["billing_details"] for e in landed(store, "stripe", "payment_methods")]
    assert names == [{"name": None, "address": None}, {"name": "J M Doe", "address": "Elm"}]
    (after,) = (envelope["record"] for envelope in landed(store, "stripe", "charges"))
    assert after == charge | {"billing_details": {"name": None}}
    first, second = (envelope["record"] for envelope in landed(store, "database", "parcels"))
    assert (first["recipient"], first["address"], first["order_name"]) == (None, None, "#1001")
    assert second["recipient"] == "Janey"


def test_versions_and_fields_of_her_order_that_name_no_customer_are_masked(store: Store) -> None:
    where = {"id": 501, "customer": None, "shipping_address": {"name": "J M Doe", "city": "Elm"}}
    land(store, "shopify", "orders", where, where | {"id": 502})
    fields = {"nodes": [{"key": "card", "value": "Dear Janey"}]}
    for number in (501, 502):
        record = {"id": f"gid://shopify/Order/{number}", "metafields": fields}
        land(store, "shopify", "order_metafields", record)
    land(store, "shopify", "orders", HERS | {"id": 501}, HIS | {"id": 502})
    redact(store, "77001")
    hers, his = (e["record"]["shipping_address"] for e in landed(store, "shopify", "orders")[:2])
    assert (hers, his) == ({"name": None, "city": None}, where["shipping_address"])
    found = [e["record"]["metafields"] for e in landed(store, "shopify", "order_metafields")]
    assert found == [{"nodes": [{"key": "card", "value": None}]}, fields]


def test_the_orders_that_shopify_lists_are_hers_though_they_name_nobody(store: Store) -> None:
    """Pulled after Shopify had taken its customer away, an order kept her name and address."""
    order = {"customer": None, "shipping_address": {"name": "J M Doe", "city": "Elm"}}
    first = order | {"id": 501, "email": "jmd@work.example"}
    land(store, "shopify", "orders", first, order | {"id": 502})
    land(store, "stripe", "charges", {"id": "ch_1", "receipt_email": "jmd@work.example"})
    _, count = report(store, "77001", (), ("501",))
    assert count == 2
    ask(store, "77001", (), ("501",))
    redact(store, "77001")
    hers, other = (e["record"]["shipping_address"] for e in landed(store, "shopify", "orders"))
    assert (hers, other) == ({"name": None, "city": None}, order["shipping_address"])
    assert b"jmd@work" not in everything(store)


def test_what_shopify_says_while_a_request_is_under_way_is_not_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(store, "stripe", "charges", {"id": "ch_1", "receipt_email": "jane@home.example"})

    def meanwhile(*_: object) -> list[dict[str, str]]:
        ask(store, "77001", ("jane@home.example",))
        return []

    with monkeypatch.context() as patched:
        patched.setattr("scripts.privacy.request.redact_landing", meanwhile)
        redact(store, "77001")
    redact(store, "77001")
    assert b"jane@home" not in everything(store)


def test_reports_and_parts_without_a_manifest_do_not_keep_the_person(store: Store) -> None:
    land(store, "shopify", "orders", HERS, HIS)
    path = "landing/shopify/orders/dt=2026-11-01/died/part-00000.jsonl.gz"
    (manifest,) = manifests(store, "shopify", "orders")
    landing.put(store, path, store.read(manifest["files"][0]["path"]))
    report(store, "77001", ())
    his, _ = report(store, "5", ())
    redact(store, "77001")
    assert b"jane@home" not in everything(store)
    assert [his] == list(store.list("privacy/reports/"))
    assert b"bob@home" in gzip.decompress(store.read(path))


def test_dropped_files_that_named_the_person_go_and_the_others_stay(store: Store) -> None:
    header = "tracking_number,order_name,carrier,shipped_at,note\n"
    dropped = {
        "dropzone/shipping/a.csv": header + "T1,#1,UPS,2026-11-01,for bob\n",
        "dropzone/shipping/b.csv": header + "T2,#2,UPS,2026-11-01,x\nT3,#3,UPS,2026-11-01,\n",
        "dropzone/shipping/c.csv": header + "T4,#4,,2026-11-01,Jane@Home.example\n",
        "dropzone/clickstream/d.jsonl": '{"event": "view", "email": "jane@home.example", '
        '"session_id": "s", "timestamp": "2026-11-01T00:00:00Z", "id": "1"}\n',
        "dropzone/clickstream/e.jsonl": '{"event": "view", "session_id": "s", "id": "2", '
        '"timestamp": "2026-11-01T00:00:00Z"}\n',
    }
    for key, text in dropped.items():
        landing.put(store, key, text.encode())
    assert [(run.files, run.bad_files) for run in land_files(store, "") if run.files] == [
        (3, 1),
        (2, 0),
    ]
    land(store, "shopify", "orders", HERS)
    redact(store, "77001")
    assert list(store.list("dropzone/")) == [
        "dropzone/clickstream/e.jsonl",
        "dropzone/shipping/a.csv",
        "dropzone/shipping/b.csv",
    ]
    assert b"jane@home" not in everything(store).lower()


def test_a_file_that_was_written_anew_since_it_landed_is_not_lost(store: Store) -> None:
    header = "tracking_number,order_name,carrier,shipped_at,note\n"
    hers = header + "T4,#4,UPS,2026-11-01,jane@home.example\n"
    landing.put(store, "dropzone/shipping/daily.csv", hers.encode())
    assert [run.rows for run in land_files(store, "") if run.files] == [1]
    landing.put(store, "dropzone/shipping/daily.csv", f"{header}T5,#5,UPS,2026-11-02,\n".encode())
    land(store, "shopify", "orders", HERS)
    redact(store, "77001")
    assert [run.rows for run in land_files(store, "") if run.files] == [1]
    assert b"jane@home" not in everything(store)


def test_a_file_that_was_refused_whole_goes_wherever_it_names_the_person(store: Store) -> None:
    """Landing has only its first bytes, packed ones as they are."""
    header = "tracking_number,note\n"  # no carrier
    hers = header + "T1,bob\n" * 30_000 + "T2,for JANÉ@home.example\n"
    short = "x\njane@home.example".encode("utf-16")
    landing.put(store, "dropzone/clickstream/short.csv", short)
    landing.put(store, "dropzone/shipping/packed.csv.gz", gzip.compress(hers.encode()))
    landing.put(store, "dropzone/shipping/long.csv", hers.encode("utf-16"))
    landing.put(store, "dropzone/shipping/his.csv", header.encode() + b"T1,bob\n")
    landing.put(store, "dropzone/elsewhere/hers.txt", hers.encode())
    assert [run.bad_files for run in land_files(store, "") if run.files] == [3, 1]
    landing.put(store, "dropzone/shipping/waits.csv", hers.encode())
    land(store, "shopify", "orders", HERS)
    redact(store, "77001")
    assert list(store.list("dropzone/")) == [
        "dropzone/elsewhere/hers.txt",
        "dropzone/shipping/his.csv",
        "dropzone/shipping/waits.csv",
    ]
    heads = [str(row["record"]["raw"]) for row in landed(store, "files", "rejected")]
    assert "home.example" not in "".join(heads)
    assert "\\x1f" not in "".join(heads)


def test_a_file_s_name_may_name_the_person(store: Store) -> None:
    event = '{"event": "view", "session_id": "s", "timestamp": "2026-11-01T00:00:00Z"}\n'
    name = "clickstream/Jane@home.example-77000000001.jsonl"
    landing.put(store, f"dropzone/{name}", event.encode())
    landing.put(store, "dropzone/clickstream/his.jsonl", event.replace('"s"', '"t"').encode())
    landing.put(store, "dropzone/shipping/for jane@home.example.csv", b"none")
    assert [run.bad_files for run in land_files(store, "") if run.files] == [1, 0]
    land(store, "shopify", "orders", {**HERS, "customer": {"id": 77000000001}})
    redact(store, "77000000001")
    assert list(store.list("dropzone/")) == ["dropzone/clickstream/his.jsonl"]
    assert b"jane@home" not in everything(store).lower()
    assert b"77000000001" not in everything(store)
    # What it gave can still be found, should it come again under the name that the state has now.
    (manifest,) = manifests(store, "files", "clickstream")
    known = read_state(store, "files", "clickstream").seen
    assert {entry["file"] for entry in manifest["sources"]} == known.keys()
    assert "redacted" not in manifest


def test_a_request_that_died_goes_on_with_its_token(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(store, "shopify", "orders", HERS)
    land(store, "shopify", "draft_orders", HERS)
    # Only its email says whose it is, and the drafts that told it are masked first.
    land(store, "stripe", "charges", {"id": "ch_1", "receipt_email": "jane@home.example"})
    real, written = landing.put, []

    def dies_at_the_third(*arguments: object) -> None:
        written.append(arguments)
        if len(written) == 3:
            raise KeyboardInterrupt
        real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(landing, "put", dies_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            redact(store, "77001")
    identity = redact(store, "77001")
    note = orjson.loads(store.read(f"privacy/{identity}.json"))
    assert {run["stream"] for run in note["runs"]} == {"orders", "draft_orders", "charges"}
    assert b"jane@home" not in everything(store)
    tokens = {
        r["record"]["customer"]["id"]
        for s in ("orders", "draft_orders")
        for r in landed(store, "shopify", s)
    }
    assert tokens == {note["token"]}


def test_a_customer_is_a_number(store: Store) -> None:
    with pytest.raises(FatalError, match="named by Shopify's number"):
        redact(store, "jane@home.example")
