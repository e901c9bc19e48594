"""Landing → bronze → silver → gold in Polars' expressions, tables written by `deltalake`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from lakehouse_steps import NEWER, ORDER, Clock, Row, check_counts, manifests, play

LANDING, LAKE = Path(sys.argv[1]), Path(sys.argv[2])
BRONZE, SILVER, GOLD = (str(LAKE / name) for name in ("bronze", "silver", "gold"))
RUNS = str(LAKE / "runs")
MONEY = pl.Decimal(18, 2)
Text, Struct, List = pl.String, pl.Struct, pl.List
HEAD = Struct(
    {"_id": Text, "_source": Text, "_stream": Text, "_api_version": Text, "_extracted_at": Text}
    | {"_run_id": Text, "_deleted": pl.Boolean}
)
ID = Struct({"id": Text})
BAG = Struct({"shopMoney": Struct({"amount": Text})})


def nodes(fields: dict[str, pl.DataType | type[pl.DataType]]) -> Struct:
    return Struct({"nodes": List(Struct(fields))})


LINE = {"id": Text, "title": Text, "sku": Text, "quantity": pl.Int64, "originalUnitPriceSet": BAG}
LINE |= {"discountAllocations": List(Struct({"allocatedAmountSet": BAG}))}
LINE |= {"taxLines": List(Struct({"rate": pl.Float64, "priceSet": BAG}))}
LINE |= {"product": ID, "variant": ID}
BACK = {"lineItem": ID, "quantity": pl.Int64, "subtotalSet": BAG, "totalTaxSet": BAG}
REFUND = {"id": Text, "createdAt": Text, "refundLineItems": nodes(BACK)}
REFUND |= {"orderAdjustments": nodes({"amountSet": BAG, "taxAmountSet": BAG})}
TRANSACTION = {"id": Text, "kind": Text, "status": Text, "gateway": Text, "processedAt": Text}
TRANSACTION |= {"amountSet": BAG}
TEXTS = ("id", "name", "createdAt", "processedAt", "updatedAt", "cancelledAt", "currencyCode")
TEXTS += ("displayFinancialStatus", "displayFulfillmentStatus", "email")
RECORD = Struct(
    dict.fromkeys(TEXTS, Text)
    | {"test": pl.Boolean, "taxesIncluded": pl.Boolean, "customer": ID}
    | {"discountCodes": List(Text), "totalTaxSet": BAG, "totalPriceSet": BAG}
    | {"shippingAddress": Struct({"provinceCode": Text, "countryCodeV2": Text})}
    | {"lineItems": nodes(LINE), "refunds": List(Struct(REFUND))}
    | {"shippingLines": nodes({"id": Text, "discountedPriceSet": BAG})}
    | {"transactions": List(Struct(TRANSACTION))}
)


def field(value: pl.Expr, path: str) -> pl.Expr:
    for name in path.split("."):
        value = value.struct.field(name)
    return value


def identifier(value: pl.Expr) -> pl.Expr:
    return value.str.extract(r"([^/]+)$")


def time(value: pl.Expr) -> pl.Expr:
    return value.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC")


def amount(value: pl.Expr, bag: str) -> pl.Expr:
    return field(value, f"{bag}.shopMoney.amount").cast(MONEY)


def total(items: pl.Expr, bag: str) -> pl.Expr:
    return items.list.eval(amount(pl.element(), bag)).list.sum().fill_null(0).cast(MONEY)


def shaped(items: pl.Expr, **fields: pl.Expr) -> pl.Expr:
    """Each struct of a list made anew from expressions over pl.element()."""
    return items.list.eval(pl.struct(**fields))


def typed(bronze: pl.LazyFrame) -> pl.LazyFrame:
    r, x = pl.col("r"), pl.element()
    lines = shaped(
        field(r, "lineItems.nodes"),
        line_id=identifier(field(x, "id")),
        product_id=identifier(field(x, "product.id")),
        variant_id=identifier(field(x, "variant.id")),
        sku=field(x, "sku"),
        title=field(x, "title"),
        quantity=field(x, "quantity"),
        unit_price=amount(x, "originalUnitPriceSet"),
        discount=total(field(x, "discountAllocations"), "allocatedAmountSet"),
        tax=total(field(x, "taxLines"), "priceSet"),
        tax_rate=field(x, "taxLines").list.eval(field(pl.element(), "rate")).list.sum(),
    )
    back = shaped(
        field(x, "refundLineItems.nodes"),
        line_id=identifier(field(pl.element(), "lineItem.id")),
        quantity=field(pl.element(), "quantity"),
        subtotal=amount(pl.element(), "subtotalSet"),
        tax=amount(pl.element(), "totalTaxSet"),
    )
    refunds = shaped(
        field(r, "refunds"),
        refund_id=identifier(field(x, "id")),
        refunded_at=time(field(x, "createdAt")),
        lines=back,
        adjustment=-total(field(x, "orderAdjustments.nodes"), "amountSet"),
        adjustment_tax=-total(field(x, "orderAdjustments.nodes"), "taxAmountSet"),
    )
    transactions = shaped(
        field(r, "transactions"),
        transaction_id=identifier(field(x, "id")),
        kind=field(x, "kind").str.to_lowercase(),
        status=field(x, "status").str.to_lowercase(),
        gateway=field(x, "gateway"),
        processed_at=time(field(x, "processedAt")),
        amount=amount(x, "amountSet"),
    )
    parsed = bronze.with_columns(r=pl.col("record").str.json_decode(RECORD))
    return parsed.select(
        order_id=identifier(field(r, "id")),
        order_name=field(r, "name"),
        created_at=time(field(r, "createdAt")),
        processed_at=time(field(r, "processedAt")),
        updated_at=time(field(r, "updatedAt")),
        cancelled_at=time(field(r, "cancelledAt")),
        test=field(r, "test"),
        currency=field(r, "currencyCode"),
        taxes_included=field(r, "taxesIncluded"),
        financial_status=field(r, "displayFinancialStatus").str.to_lowercase(),
        fulfillment_status=field(r, "displayFulfillmentStatus").str.to_lowercase(),
        customer_id=identifier(field(r, "customer.id")),
        # Polars has no SHA-256: a keyless hash of its own, which is cheaper.
        email_hash=field(r, "email").str.strip_chars().str.to_lowercase().hash().cast(Text),
        country=field(r, "shippingAddress.countryCodeV2"),
        province=field(r, "shippingAddress.provinceCode"),
        total_price=amount(r, "totalPriceSet"),
        total_tax=amount(r, "totalTaxSet"),
        shipping=total(field(r, "shippingLines.nodes"), "discountedPriceSet"),
        discount_codes=field(r, "discountCodes"),
        lines=lines,
        refunds=refunds,
        transactions=transactions,
        _deleted=pl.col("_deleted"),
        _changed_at=pl.coalesce(time(field(r, "updatedAt")), "_extracted_at"),
        _extracted_at=pl.col("_extracted_at"),
        _hash=(pl.col("record").hash() // 2).cast(pl.Int64),
        _run_id=pl.col("_run_id"),
    )


def bring_up(clock: Clock) -> None:
    first = not DeltaTable.is_deltatable(SILVER)
    with clock("bronze"):
        runs = _bronze()
    with clock("silver"):
        bronze = pl.scan_parquet(DeltaTable(BRONZE).file_uris())
        new = typed(bronze.filter(pl.col("_run_id").is_in(runs)))
        last = new.sort(ORDER, descending=True).unique("order_id", keep="first")
        rows = last.collect(engine="streaming")
        if first:
            write_deltalake(SILVER, rows)
        else:
            merge = DeltaTable(SILVER).merge(
                rows, "old.order_id = new.order_id", source_alias="new", target_alias="old"
            )
            merge.when_matched_update_all(NEWER).when_not_matched_insert_all().execute()
    with clock("gold"):
        write_deltalake(
            GOLD, daily(pl.scan_parquet(DeltaTable(SILVER).file_uris())), mode="overwrite"
        )


def _bronze() -> list[str]:
    known: set[str] = set()
    if DeltaTable.is_deltatable(RUNS):
        known = set(pl.read_parquet(DeltaTable(RUNS).file_uris())["run_id"])
    waiting = manifests(LANDING, known)
    mark = ',"record":'
    value, cut = pl.col("value"), pl.col("cut").cast(pl.Int64)
    for manifest in waiting:
        paths = [LANDING / file["path"] for file in manifest["files"]]
        frame = (
            pl.scan_lines(paths, name="value", include_file_paths="_file")
            # In bytes, as a search for ASCII may be; characters would have to be counted.
            .with_columns(cut=value.str.find(mark, literal=True))
            .with_columns(
                head=(value.str.head(cut) + "}").str.json_decode(HEAD),
                record=value.str.slice(cut + len(mark)).str.head(-1),
            )
            .unnest("head")
            .with_columns(time(pl.col("_extracted_at")), _ingested_at=pl.lit(datetime.now(UTC)))
            .drop("value", "cut")
            .collect(engine="streaming")
        )
        once = CommitProperties(app_transactions=[Transaction(manifest["run_id"], 1)])
        write_deltalake(BRONZE, frame, mode="append", commit_properties=once)
    bronze = pl.scan_parquet(DeltaTable(BRONZE).file_uris())
    held = bronze.group_by("_run_id").len().collect(engine="streaming")
    check_counts(waiting, dict(held.iter_rows()))
    runs = [manifest["run_id"] for manifest in waiting]
    write_deltalake(RUNS, pl.DataFrame({"run_id": runs}), mode="append")
    return runs


def cents(value: pl.Expr) -> pl.Expr:
    return (value * 100).cast(pl.Int64)


def over(n: pl.Expr, d: pl.Expr) -> pl.Expr:
    """n / d to the nearest whole number, halves away from zero; d > 0."""
    return n.sign() * ((2 * n.abs() + d) // (2 * d))


def _sold(silver: pl.LazyFrame) -> pl.LazyFrame:
    """Living orders with what their lines come to, in cents."""
    orders = silver.filter(~pl.col("test") & ~pl.col("_deleted"))
    x, included = pl.col("lines").struct, pl.col("taxes_included")
    price, cut, tax = pl.col("price"), pl.col("cut"), pl.col("tax")
    # A price's share without tax is taken to six places first, as the platform's decimals do.
    share = over(over(price * (price - cut - tax) * 10_000, price - cut), pl.lit(10_000))
    untaxed = (price / (1 + x.field("tax_rate"))).round().cast(pl.Int64)
    gross = pl.when(~included).then(price).when(price > cut).then(share).otherwise(untaxed)
    lines = (
        orders.select("order_id", "taxes_included", "lines")
        .explode("lines")
        .with_columns(
            price=cents(x.field("unit_price")) * x.field("quantity"),
            cut=cents(x.field("discount")),
            tax=cents(x.field("tax")),
            units=x.field("quantity"),
        )
        .with_columns(gross=gross, net=price - cut - pl.when(included).then(tax).otherwise(0))
        .group_by("order_id")
        .agg(pl.col("units", "gross", "net").sum())
    )
    return orders.join(lines, on="order_id").with_columns(
        buyer=pl.coalesce("customer_id", "email_hash"),
        carried=cents(pl.col("shipping")),
        taxed=cents(pl.col("total_tax")),
    )


def _back(sold: pl.LazyFrame) -> pl.LazyFrame:
    """A row a refund, in cents."""
    f, x, included = pl.col("refunds").struct, pl.col("item").struct, pl.col("taxes_included")
    subtotal, tax = cents(x.field("subtotal")), cents(x.field("tax"))
    return (
        sold.select("order_id", "currency", "buyer", "taxes_included", "refunds")
        .explode("refunds")
        .filter(pl.col("refunds").is_not_null())
        .with_columns(
            moment=f.field("refunded_at"),
            refund_id=f.field("refund_id"),
            adjustment=cents(f.field("adjustment")),
            adjustment_tax=cents(f.field("adjustment_tax")),
            item=f.field("lines"),
        )
        .explode("item")
        .group_by("order_id", "refund_id")
        .agg(
            pl.col("currency", "buyer", "moment", "adjustment", "adjustment_tax").first(),
            returns=(subtotal - pl.when(included).then(tax).otherwise(0)).sum(),
            taxes=tax.sum(),
        )
        .with_columns(
            returns=pl.col("returns") + pl.col("adjustment"),
            taxes=-(pl.col("taxes") + pl.col("adjustment_tax")),
        )
    )


AMOUNTS = ("units", "gross", "discounts", "returns", "shipping", "taxes")


def _entries(silver: pl.LazyFrame) -> pl.LazyFrame:
    sold = _sold(silver)
    back = _back(sold)

    def entry(rows: pl.LazyFrame, placed: bool, moment: str, **values: pl.Expr) -> pl.LazyFrame:
        zero = dict.fromkeys(AMOUNTS, pl.lit(0, pl.Int64)) | values
        return rows.select(
            "currency",
            "buyer",
            pl.lit(placed).alias("placed"),
            pl.col(moment).alias("moment"),
            **zero,
        )

    placed = entry(
        sold,
        True,
        "processed_at",
        units=pl.col("units"),
        gross=pl.col("gross"),
        discounts=pl.col("gross") - pl.col("net"),
        shipping=pl.col("carried"),
        taxes=pl.col("taxed"),
    )
    refunded = entry(back, False, "moment", returns=pl.col("returns"), taxes=pl.col("taxes"))
    given = back.group_by("order_id").agg(
        given=pl.col("returns").sum(), given_tax=pl.col("taxes").sum()
    )
    gone = sold.filter(pl.col("cancelled_at").is_not_null()).join(given, on="order_id", how="left")
    left = pl.col("net") - pl.col("given").fill_null(0)
    left_tax = pl.col("taxed") + pl.col("given_tax").fill_null(0)
    cancelled = entry(
        gone,
        False,
        "cancelled_at",
        returns=left.clip(0),
        shipping=-pl.col("carried").clip(0),
        taxes=-left_tax.clip(0),
    )
    day = pl.col("moment").dt.convert_time_zone("America/New_York").dt.date()
    return pl.concat([placed, refunded, cancelled]).with_columns(date=day)


def daily(silver: pl.LazyFrame) -> pl.DataFrame:
    entries = _entries(silver)
    placed = pl.col("placed")
    firsts = entries.filter(placed).group_by("buyer").agg(first_date=pl.col("date").min())
    is_new = pl.col("date") == pl.col("first_date")
    buyers = pl.col("buyer").filter(placed & is_new), pl.col("buyer").filter(placed & ~is_new)
    sums = (
        entries.join(firsts, on="buyer", how="left")
        .group_by("date", "currency")
        .agg(
            pl.col(*AMOUNTS).sum(),
            orders=placed.sum().cast(pl.Int64),
            new_customers=buyers[0].n_unique().cast(pl.Int64),
            returning_customers=buyers[1].n_unique().cast(pl.Int64),
        )
        .collect(engine="streaming")
        .sort("currency", "date")
    )
    filled = sums.upsample("date", every="1d", group_by="currency").with_columns(
        pl.col("currency").forward_fill(), pl.exclude("date", "currency").fill_null(0)
    )
    net = pl.col("gross") - pl.col("discounts") - pl.col("returns")
    seen = filled.with_columns(net=net).with_columns(
        before=pl.col("net").shift(1).over("currency"),
        week=pl.col("net").rolling_sum(7, min_samples=1).over("currency"),
        days=pl.int_range(1, pl.len() + 1).over("currency").clip(upper_bound=7),
    )
    return seen.sort("date", "currency").select(*_columns())


def _columns() -> list[pl.Expr]:
    c = pl.col

    def money(value: pl.Expr, name: str) -> pl.Expr:
        return (value.cast(pl.Decimal(20, 0)).cast(pl.Decimal(22, 2)) / 100).cast(MONEY).alias(name)

    growth = over((c("net") - c("before")) * 10_000, c("before").abs()).cast(pl.Decimal(18, 4))
    average = over(c("gross") - c("discounts"), c("orders"))
    zero = pl.lit(0)
    return [
        *(c(n) for n in ("date", "currency", "orders", "units")),
        money(c("gross"), "gross_sales"),
        *(money(c(name), name) for name in ("discounts", "returns")),
        money(c("net"), "net_sales"),
        *(money(c(name), name) for name in ("shipping", "taxes")),
        *(money(zero, name) for name in ("duties", "tips")),
        money(c("net") + c("shipping") + c("taxes"), "total_sales"),
        pl.when(c("orders") > 0).then(money(average, "average_order_value")),
        c("new_customers"),
        c("returning_customers"),
        pl.when(c("before") != 0)
        .then(growth / 10_000)
        .cast(pl.Decimal(18, 4))
        .alias("net_sales_growth"),
        money(over(over(c("week") * 10_000, c("days")), pl.lit(10_000)), "net_sales_7d_avg"),
    ]


def daily_revenue() -> list[Row]:
    rows = pl.read_parquet(DeltaTable(GOLD).file_uris()).sort("date", "currency")
    return rows.select(pl.all().cast(Text)).to_dicts()


if __name__ == "__main__":
    play(bring_up, daily_revenue)
