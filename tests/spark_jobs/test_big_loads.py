"""A load that no session holds is built as if nothing were refused; again where something is."""

import pytest
from stripe_records import entry

from spark_jobs.silver import job

GOOD = {"id": "gid://shopify/Location/1", "name": "Shop"}
REFUSED = {"id": "", "name": "Nowhere"}


@pytest.fixture(scope="module")
def lab(new_lab):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(job, "LIGHT_BYTES", -1)
        lab = new_lab()
        lab.looked_at = []
        keep_refused = job.keep_refused

        def watched(lake, tables, files):
            lab.looked_at += tables
            return keep_refused(lake, tables, files)

        patched.setattr(job, "keep_refused", watched)
        lab.land("shopify", "locations", [GOOD, REFUSED])
        lab.land("stripe", "balance_transactions", [entry("txn_1", "ch_1", 900, 30, "2026-03-04")])
        lab.build()
        return lab


def test_refused_rows_are_kept_and_the_others_built(lab) -> None:
    assert [row["location_id"] for row in lab.rows("silver.locations")] == ["1"]
    (row,) = lab.rows("silver.quarantine")
    assert (row["table"], row["reason"]) == ("locations", "id is missing")
    assert '"Nowhere"' in row["record"]


def test_where_none_is_refused_nobody_looks_again(lab) -> None:
    assert len(lab.rows("silver.stripe_balance_transactions")) == 1
    assert lab.looked_at == ["locations"]
