"""The summary that the demo ends with: gold results and where to look."""

import csv
import io

from rich import box
from rich.console import Console
from rich.table import Table

from docker.embedded import query
from docker.embedded.settings import Settings

console = Console(highlight=False)
# Money as 9.50, not 9.5.
EXACT = " SETTINGS output_format_decimal_trailing_zeros = 1"
REVENUE = """
SELECT formatDateTime(date, '%b %d') AS day, orders, gross_sales AS gross, discounts AS disc,
  returns,
  net_sales AS net, new_customers AS new, returning_customers AS again,
  concat(toString(toInt32(round(net_sales_growth * 100))), '%') AS growth
FROM gold.daily_revenue ORDER BY date DESC LIMIT 8
"""
TOTALS = """
SELECT currency, sum(orders) AS orders, sum(gross_sales) AS gross, sum(discounts) AS discounts,
  sum(returns) AS returns, sum(net_sales) AS net, sum(total_sales) AS total
FROM gold.daily_revenue GROUP BY currency
"""
STOCK = """
SELECT stock_status AS stock, count() AS items, sum(available) AS units
FROM gold.inventory_daily
WHERE date = (SELECT max(date) FROM gold.inventory_daily) GROUP BY stock_status ORDER BY items DESC
"""
SEGMENTS = """
SELECT segment, count() AS customers, round(avg(recency_days)) AS `days since order`,
  round(avg(frequency), 1) AS orders, sum(lifetime_value) AS `lifetime value`
FROM gold.customer_segments
WHERE as_of_date = (SELECT max(as_of_date) FROM gold.customer_segments)
GROUP BY segment ORDER BY `lifetime value` DESC
"""


def show(settings: Settings) -> None:
    for title, sql in (
        ("Revenue, all days", TOTALS),
        ("Revenue, last days", REVENUE),
        ("Stock now", STOCK),
        ("Customers", SEGMENTS),
    ):
        rows = list(csv.reader(io.StringIO(query.fetch(settings, sql + EXACT, "CSVWithNames"))))
        table = Table(
            *rows[0], title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
        )
        for row in rows[1:]:
            table.add_row(*row)
        console.print(table)
    values = settings.values
    places = Table("where to look", "", box=None, pad_edge=False)
    places.add_row("Kestra runs", "make status")
    if "slack" in settings.local:
        places.add_row("Slack channel", values["SLACK_WEBHOOK_URL"].split("/services/")[0])
    places.add_row("any table", "make query SQL='select * from gold.daily_revenue'")
    places.add_row("endpoints and keys", str(settings.home / "env"))
    console.print(places)
