"""The money of an order: every total, from its lines, shipping, taxes, refunds and payments."""

from decimal import Decimal

from docker.shopify.money import Bag, parse, total
from docker.shopify.store import Document

ZERO = Decimal(0)


def zero_of(order: Document) -> Bag:
    return Bag(ZERO, order["currencyCode"], ZERO, order["presentmentCurrencyCode"])


def line_discount(line: Document, zero: Bag) -> Bag:
    allocations = line["discountAllocations"]
    return total((parse(a["allocatedAmountSet"]) for a in allocations), zero)


def tax_of(part: Document, zero: Bag) -> Bag:
    return total((parse(t["priceSet"]) for t in part["taxLines"]), zero)


def recalculate(order: Document) -> None:
    """Sets every total and status of `order` from its parts."""
    zero = zero_of(order)
    for line in order["lineItems"]:
        _line_totals(order, line, zero)
    subtotal = total((parse(line["_net"]) for line in order["lineItems"]), zero)
    line_discounts = total((line_discount(line, zero) for line in order["lineItems"]), zero)
    shipping = total((parse(s["discountedPriceSet"]) for s in order["shippingLines"]), zero)
    gross_shipping = total((parse(s["originalPriceSet"]) for s in order["shippingLines"]), zero)
    tax = total((parse(t["priceSet"]) for t in order["taxLines"]), zero)
    whole = subtotal + shipping if order["taxesIncluded"] else subtotal + shipping + tax
    discounts = line_discounts + (gross_shipping - shipping)
    order |= {
        "subtotalPriceSet": str(subtotal),
        "totalShippingPriceSet": str(gross_shipping),
        "totalTaxSet": str(tax),
        "totalDiscountsSet": str(discounts),
        "cartDiscountAmountSet": str(discounts),
        "totalPriceSet": str(whole),
        "totalTipReceivedSet": str(zero),
        "refundDiscrepancySet": str(zero),
        "subtotalLineItemsQuantity": sum(line["quantity"] for line in order["lineItems"]),
    }
    order.setdefault("originalTotalPriceSet", str(whole))
    _current_totals(order, subtotal, shipping, tax, discounts, whole)
    _payments(order, whole)
    _statuses(order)


def _line_totals(order: Document, line: Document, zero: Bag) -> None:
    quantity = line["quantity"]
    unit = parse(line["originalUnitPriceSet"])
    original = unit.times(quantity)
    net = original - line_discount(line, zero)
    refunded = [
        part
        for refund in order["refunds"]
        for part in refund["refundLineItems"]
        if part["lineItem"] == line["id"]
    ]
    current = quantity - sum(part["quantity"] for part in refunded)
    back = total((parse(part["subtotalSet"]) for part in refunded), zero)
    tax_back = total((parse(part["totalTaxSet"]) for part in refunded), zero)
    after_all = net - back
    if order["taxesIncluded"]:
        after_all = after_all - (tax_of(line, zero) - tax_back)
    each = Decimal(1) / quantity if quantity else ZERO
    line |= {
        "originalTotalSet": str(original),
        "discountedTotalSet": str(original),
        "discountedUnitPriceSet": str(unit),
        "totalDiscountSet": str(zero),
        "discountedUnitPriceAfterAllDiscountsSet": str(net.times(each)),
        "priceAfterAllDiscountsBeforeTaxesSet": str(after_all),
        "currentQuantity": current,
        "refundableQuantity": current,
        "unfulfilledQuantity": quantity - line["_fulfilled"] - line["_removed"],
        "restockable": current > 0,
        "_net": str(net),
    }
    line["unfulfilledOriginalTotalSet"] = str(unit.times(line["unfulfilledQuantity"]))
    line["unfulfilledDiscountedTotalSet"] = str(net.times(each * line["unfulfilledQuantity"]))


def _current_totals(
    order: Document, subtotal: Bag, shipping: Bag, tax: Bag, discounts: Bag, whole: Bag
) -> None:
    zero = zero_of(order)
    refunds = order["refunds"]
    lines = [part for refund in refunds for part in refund["refundLineItems"]]
    shipped = [part for refund in refunds for part in refund["refundShippingLines"]]
    line_back = total((parse(part["subtotalSet"]) for part in lines), zero)
    tax_back = total((parse(part["totalTaxSet"]) for part in lines), zero)
    shipping_back = total((parse(part["subtotalAmountSet"]) for part in shipped), zero)
    tax_back = total((parse(part["taxAmountSet"]) for part in shipped), tax_back)
    adjustment = total(
        (
            parse(a["amountSet"])
            for refund in refunds
            for a in refund["orderAdjustments"]
            if a["reason"] != "PENDING_REFUND_DISCREPANCY"
        ),
        zero,
    )
    discount_back = total((parse(part["_discount"]) for part in lines), zero)
    current = whole - line_back - shipping_back + adjustment
    if not order["taxesIncluded"]:
        current = current - tax_back
    order |= {
        "currentSubtotalPriceSet": str(subtotal - line_back),
        "currentTotalTaxSet": str(tax - tax_back),
        "currentShippingPriceSet": str(shipping - shipping_back),
        "currentTotalDiscountsSet": str(discounts - discount_back),
        "currentCartDiscountAmountSet": str(discounts - discount_back),
        "currentTotalPriceSet": str(current),
        "totalRefundedShippingSet": str(shipping_back),
        "refundDiscrepancySet": str(zero - adjustment),
        "currentSubtotalLineItemsQuantity": sum(
            line["currentQuantity"] for line in order["lineItems"]
        ),
        "currentTaxLines": order["taxLines"] if not refunds else _current_taxes(order, tax_back),
    }


def _current_taxes(order: Document, tax_back: Bag) -> list[Document]:
    """The order's tax lines less what was refunded, by each line's share of the tax."""
    zero = zero_of(order)
    tax = total((parse(t["priceSet"]) for t in order["taxLines"]), zero)
    left = (tax.shop - tax_back.shop) / tax.shop if tax.shop else ZERO
    return [t | {"priceSet": str(parse(t["priceSet"]).times(left))} for t in order["taxLines"]]


def _payments(order: Document, whole: Bag) -> None:
    zero = zero_of(order)
    good = [t for t in order["transactions"] if t["status"] == "SUCCESS"]

    def paid(*kinds: str) -> Bag:
        return total((parse(t["amountSet"]) for t in good if t["kind"] in kinds), zero)

    received, refunded = paid("SALE", "CAPTURE"), paid("REFUND")
    voided = {t["parentTransaction"] for t in good if t["kind"] == "VOID"}
    open_ids = {t["id"] for t in good if t["kind"] == "AUTHORIZATION"} - voided
    authorized = total((parse(t["amountSet"]) for t in good if t["id"] in open_ids), zero)
    captured = paid("CAPTURE")
    capturable = authorized - captured if authorized.shop > captured.shop else zero
    outstanding = parse(order["currentTotalPriceSet"]) - (received - refunded) - capturable
    gateways = [t["gateway"] for t in order["transactions"] if t.get("gateway")]
    order |= {
        "totalReceivedSet": str(received),
        "totalRefundedSet": str(refunded),
        "netPaymentSet": str(received - refunded),
        "totalCapturableSet": str(capturable),
        "capturable": capturable.shop > 0,
        "totalOutstandingSet": str(zero if order.get("cancelledAt") else outstanding),
        "paymentGatewayNames": list(dict.fromkeys(gateways)),
        "unpaid": outstanding.shop > 0,
        "fullyPaid": outstanding.shop <= 0,
        "displayFinancialStatus": _financial(order, received, refunded, capturable, whole),
    }
    order["canMarkAsPaid"] = outstanding.shop > 0 and not order.get("cancelledAt")
    order["refundable"] = received.shop > refunded.shop


def _financial(
    order: Document, received: Bag, refunded: Bag, capturable: Bag, whole: Bag
) -> str | None:
    if refunded.shop > 0:
        return "REFUNDED" if refunded.shop >= received.shop else "PARTIALLY_REFUNDED"
    if received.shop > 0:
        return "PAID" if received.shop >= whole.shop else "PARTIALLY_PAID"
    if capturable.shop > 0:
        return "AUTHORIZED"
    kinds = {t["kind"] for t in order["transactions"] if t["status"] == "SUCCESS"}
    if "VOID" in kinds or (order.get("cancelledAt") and order["transactions"]):
        return "VOIDED"
    asked: str | None = order["_financial"]
    return asked or ("PENDING" if order["transactions"] else None)


def _statuses(order: Document) -> None:
    done = sum(line["_fulfilled"] for line in order["lineItems"])
    left = sum(line["unfulfilledQuantity"] for line in order["lineItems"])
    status = "UNFULFILLED" if done == 0 else "FULFILLED" if left == 0 else "PARTIALLY_FULFILLED"
    order["displayFulfillmentStatus"] = status
    order["fulfillable"] = left > 0 and not order.get("cancelledAt")
    order["restockable"] = any(line["currentQuantity"] > 0 for line in order["lineItems"])
    order["closed"] = order.get("closedAt") is not None
    order["requiresShipping"] = any(line["requiresShipping"] for line in order["lineItems"])
