"""Every mart; one that reads others comes after them."""

from spark_jobs.gold.mart import Mart
from spark_jobs.gold.marts import (
    customer_cohorts,
    customer_ltv,
    customer_segments,
    daily_revenue,
    daily_shop_overview,
    discount_effect,
    funnel_daily,
    inventory_daily,
    payment_reconciliation,
    payout_summary,
    product_performance,
    refund_reasons,
    sale_lines,
    sales,
    shipping_performance,
    stock_movements,
    subscription_mrr,
    tax_by_jurisdiction,
)

MARTS: tuple[Mart, ...] = (
    sales.MART,
    inventory_daily.MART,
    sale_lines.MART,
    daily_revenue.MART,
    payment_reconciliation.MART,
    payout_summary.MART,
    subscription_mrr.MART,
    shipping_performance.MART,
    funnel_daily.MART,
    daily_shop_overview.MART,
    product_performance.MART,
    discount_effect.MART,
    refund_reasons.MART,
    tax_by_jurisdiction.MART,
    customer_segments.MART,
    customer_cohorts.MART,
    customer_ltv.MART,
    stock_movements.MART,
)
