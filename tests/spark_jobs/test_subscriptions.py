"""gold.subscription_mrr where Stripe's own times do not follow each other."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from stripe_records import epoch, subscription


def test_a_trial_that_was_seen_after_its_end_pays_once_it_is_over(new_lab):
    """Stripe ends a trial a moment after its time. A pull between the two, after midnight, sees a
    trial of yesterday: the paid state that follows stood before it, and brought nothing for ever.
    """
    lab = new_lab()
    yesterday = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    trial = {"status": "trialing", "trial_end": epoch(yesterday)}
    sub = subscription("sub_a", "cus_a", 1000, "2026-01-15", **trial)
    for seen in (sub, sub, sub | {"status": "active"}):
        lab.land("stripe", "subscriptions", [seen])
    lab.build("subscription_mrr")
    rows = lab.rows("gold.subscription_mrr", order="month DESC")
    assert rows[0]["mrr"] == Decimal("10.00")
    assert lab.disagreements("subscription_mrr") == []
