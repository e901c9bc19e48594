"""A small record of each stream that silver types besides those of shopify_records and
stripe_records, as the source sends it; with a person in each place where one may stand."""

from shopify_records import bag
from stripe_records import epoch

AT, LATER = "2026-03-02T10:00:00-05:00", "2026-03-02T16:30:00Z"
CREATED = epoch("2026-03-02T15:00:00+00:00")
NAME, EMAIL, BORN = "Canarina Vogelsang", "canarina.v@aviary.example", "1990-02-03"
CUSTOMER = {"id": "gid://shopify/Customer/770000000001"}
ADDRESS = {"firstName": "Canarina", "lastName": "Vogelsang", "city": "Birdville"}
ADDRESS |= {"provinceCode": "NY", "countryCodeV2": "US"}
TIMES = {"createdAt": AT, "updatedAt": LATER}


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def ref(kind: str, number: int) -> dict:
    return {"id": gid(kind, number)}


def usd(amount: str) -> dict:
    return {"amount": amount, "currencyCode": "USD"}


def both(shop: str, buyer: str) -> dict:
    """A MoneyBag of a shop in dollars whose buyer pays in yen."""
    presented = {"presentmentMoney": {"amount": buyer, "currencyCode": "JPY"}}
    return bag(shop) | presented


def nodes(*given: dict) -> dict:
    return {"nodes": list(given)}


_LINE = {"title": "Tee", "sku": "TEE-M", "quantity": 2, "product": ref("Product", 9)}
_LINE |= {"variant": ref("ProductVariant", 99), "originalUnitPriceSet": both("10.00", "1500")}
_SOLD = {"customer": CUSTOMER, "shippingAddress": ADDRESS, "taxesIncluded": False, **TIMES}
_SOLD |= {"subtotalPriceSet": both("18.00", "2700"), "totalTaxSet": both("1.44", "216")}
_SOLD |= {"totalPriceSet": both("24.44", "3666"), "note": "for Canarina"}


def _metafield(number: int, key: str, value: str) -> dict:
    named = {"namespace": "custom", "key": key, "type": "single_line_text_field", "value": value}
    return {"id": gid("Metafield", number), **named, **TIMES}


def _metafields(kind: str, number: int, *fields: dict) -> dict:
    return {"id": gid(kind, number), "updatedAt": LATER, "metafields": nodes(*fields)}


SHOPIFY: dict[str, dict] = {
    "variants": {
        "id": gid("ProductVariant", 99),
        "title": "M",
        "sku": " TEE-M ",
        "price": "10.00",
        "compareAtPrice": None,
        "position": 1,
        "inventoryQuantity": 7,
        "product": ref("Product", 9),
        "inventoryItem": {"id": gid("InventoryItem", 98), "tracked": True, "unitCost": usd("4.5")},
        **TIMES,
    },
    "inventory_items": {
        "id": gid("InventoryItem", 98),
        "sku": "TEE-M",
        "tracked": True,
        "countryCodeOfOrigin": "PT",
        "unitCost": usd("4.50"),
        "measurement": {"weight": {"unit": "GRAMS", "value": 180.5}},
        "variant": ref("ProductVariant", 99),
        **TIMES,
    },
    "collections": {
        "id": gid("Collection", 1),
        "title": "Hats",
        "handle": "hats",
        "sortOrder": "BEST_SELLING",
        "productsCount": {"count": 2, "precision": "EXACT"},
        "updatedAt": AT,
    },
    "collection_products": {
        "id": gid("Collection", 1),
        "updatedAt": AT,
        "products": nodes(ref("Product", 9), ref("Product", 10)),
    },
    "markets": {
        "id": gid("Market", 1),
        "name": "Japan",
        "status": "ACTIVE",
        "currencySettings": {"localCurrencies": True, "baseCurrency": {"currencyCode": "JPY"}},
    },
    "price_lists": {
        "id": gid("PriceList", 1),
        "name": "Wholesale",
        "currency": "JPY",
        "fixedPricesCount": 3,
        "parent": {"adjustment": {"type": "PERCENTAGE_DECREASE", "value": 12.5}},
    },
    "draft_orders": {
        "id": gid("DraftOrder", 1),
        "name": "#D1",
        "status": "INVOICE_SENT",
        "email": f" {EMAIL.upper()} ",
        "note2": "Call Canarina",
        "currencyCode": "USD",
        "presentmentCurrencyCode": "JPY",
        "totalDiscountsSet": both("2.00", "300"),
        "totalShippingPriceSet": both("5.00", "750"),
        "lineItems": nodes(
            {"id": gid("DraftOrderLineItem", 1), **_LINE}
            | {"discountedTotalSet": both("18.00", "2700")}
        ),
        **_SOLD,
    },
    "abandoned_checkouts": {
        "id": gid("AbandonedCheckout", 1),
        "name": "#C1",
        "discountCodes": ["TEN"],
        "lineItemsQuantity": 2,
        "totalDiscountSet": both("2.00", "300"),
        "lineItems": nodes(
            {"id": gid("AbandonedCheckoutLineItem", 1), **_LINE}
            | {"discountedTotalPriceSet": both("18.00", "2700")}
        ),
        **_SOLD,
    },
    "discounts": {
        "id": gid("DiscountNode", 1),
        "discount": {
            "__typename": "DiscountCodeFreeShipping",
            "title": "Ship it",
            "status": "ACTIVE",
            "discountClasses": ["SHIPPING"],
            "asyncUsageCount": 5,
            "startsAt": AT,
            "codes": nodes(
                *(
                    {"id": gid("DiscountRedeemCode", n), "code": f"SHIP{n}", "asyncUsageCount": n}
                    for n in (2, 3)
                )
            ),
            **TIMES,
        },
    },
    "gift_cards": {
        "id": gid("GiftCard", 1),
        "enabled": True,
        "expiresOn": "2027-03-02",
        "balance": usd("12.5"),
        "initialValue": usd("50.0"),
        "customer": CUSTOMER,
        "order": ref("Order", 1),
        **TIMES,
    },
    "fulfillment_orders": {
        "id": gid("FulfillmentOrder", 1),
        "orderId": gid("Order", 1),
        "orderName": "#1",
        "status": "ON_HOLD",
        "requestStatus": "UNSUBMITTED",
        "assignedLocation": {"name": "Main", "location": ref("Location", 5)},
        "deliveryMethod": {"id": gid("DeliveryMethod", 1), "methodType": "SHIPPING"},
        "fulfillmentHolds": [{"id": "1", "reason": "AWAITING_PAYMENT"}],
        "lineItems": nodes(
            {
                "id": gid("FulfillmentOrderLineItem", 1),
                "totalQuantity": 2,
                "remainingQuantity": 1,
                "lineItem": ref("LineItem", 11),
            }
        ),
        **TIMES,
    },
    "returns": {
        "id": gid("Return", 1),
        "name": "#1-R1",
        "status": "CLOSED",
        "createdAt": AT,
        "closedAt": LATER,
        "totalQuantity": 1,
        "order": ref("Order", 1),
        "returnLineItems": nodes(
            {
                "id": gid("ReturnLineItem", 1),
                "quantity": 1,
                "refundedQuantity": 1,
                "refundableQuantity": 0,
                "returnReasonDefinition": {"handle": "too-small", "name": "Too small"},
                "fulfillmentLineItem": {
                    "id": gid("FulfillmentLineItem", 1),
                    "lineItem": ref("LineItem", 11),
                },
            }
        ),
        "refunds": nodes(ref("Refund", 8)),
    },
    "payouts": {
        "id": gid("ShopifyPaymentsPayout", 1),
        "issuedAt": AT,
        "status": "PAID",
        "transactionType": "DEPOSIT",
        "gross": usd("100.00"),
        "net": usd("97.10"),
        "summary": {"chargesGross": usd("100.00"), "chargesFee": usd("2.90")},
    },
    "balance_transactions": {
        "id": gid("ShopifyPaymentsBalanceTransaction", 1),
        "type": "CHARGE",
        "transactionDate": AT,
        "amount": usd("100.00"),
        "fee": usd("2.90"),
        "net": usd("97.10"),
        "associatedOrder": ref("Order", 1),
        "associatedPayout": {"id": gid("ShopifyPaymentsPayout", 1), "status": "PAID"},
    },
    "product_metafields": _metafields("Product", 9, _metafield(1, "care", "30°")),
    "order_metafields": _metafields("Order", 1),
    "customer_metafields": _metafields("Customer", 770000000001, _metafield(2, "born", BORN)),
}

_PERIOD = {"period": {"start": CREATED, "end": CREATED + 86400}}
_PRICED = {"pricing": {"price_details": {"price": "price_1", "product": "prod_1"}}}
STRIPE: dict[str, dict] = {
    "products": {"id": "prod_1", "updated": CREATED + 60, "name": "Club", "active": True},
    "prices": {
        "id": "price_1",
        "product": "prod_1",
        "active": True,
        "currency": "usd",
        "type": "recurring",
        "unit_amount": None,
        "unit_amount_decimal": "0.125",
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed"},
    },
    "invoices": {
        "id": "in_1",
        "status": "paid",
        "customer": "cus_1",
        "customer_email": EMAIL,
        "customer_name": NAME,
        "currency": "kwd",
        "subtotal": 10000,
        "total": 9620,
        "amount_due": 9620,
        "amount_paid": 9620,
        "amount_remaining": 0,
        "total_taxes": [{"amount": 120}, {"amount": 500}],
        "total_discount_amounts": [{"amount": 1000}],
        "status_transitions": {"paid_at": CREATED + 3600},
        "parent": {"subscription_details": {"subscription": "sub_1"}},
        "payments": {"data": [{"payment": {"type": "payment_intent", "payment_intent": "pi_1"}}]},
        "lines": {
            "data": [
                {"id": "il_1", "amount": 10000, "currency": "kwd", "quantity": 2}
                | _PRICED
                | _PERIOD
            ]
        },
        "metadata": {},
    },
    "invoice_items": {
        "id": "ii_1",
        "date": CREATED,
        "customer": "cus_1",
        "invoice": "in_1",
        "amount": -500,
        "currency": "usd",
        "quantity": 1,
        **_PRICED,
        **_PERIOD,
    },
    "checkout_sessions": {
        "id": "cs_1",
        "expires_at": CREATED + 86400,
        "status": "complete",
        "payment_status": "paid",
        "mode": "payment",
        "currency": "jpy",
        "customer_details": {"email": EMAIL, "name": NAME, "address": {"country": "JP"}},
        "amount_subtotal": 3000,
        "amount_total": 3300,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 300},
        "payment_intent": "pi_1",
        "metadata": {"shopify_order_id": "gid://shopify/Order/1"},
        "line_items": {
            "data": [
                {
                    "id": "li_1",
                    "quantity": 3,
                    "amount_subtotal": 3000,
                    "amount_total": 3300,
                    "currency": "jpy",
                    "price": {"id": "price_2", "product": "prod_2"},
                }
            ]
        },
    },
    "payment_methods": {
        "id": "pm_1",
        "type": "card",
        "customer": "cus_1",
        "billing_details": {"name": NAME, "email": EMAIL, "address": {"country": "US"}},
        "card": {"brand": "visa", "exp_month": 2, "exp_year": 2028, "last4": "4242"},
    },
    "payout_transactions": {"id": "txn_1", "payout": "po_1"},
    "events": {
        "id": "evt_1",
        "type": "charge.succeeded",
        "api_version": "2026-10-28",
        "request": {"id": None},
        "data": {
            "object": {
                "id": "ch_1",
                "object": "charge",
                "status": "succeeded",
                "billing_details": {"name": NAME, "email": EMAIL},
            }
        },
    },
}
for _record in STRIPE.values():
    _record.setdefault("created", CREATED)
