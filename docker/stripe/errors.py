"""Stripe's errors: one exception, and a constructor for every kind that this service gives."""

from typing import Any

Body = dict[str, Any]


class StripeError(Exception):
    """Answers the request with `status` and `{"error": body}`.

    `keeps_changes`: what the request did before the error stays (a declined card leaves a failed
    charge), while every other error undoes it.
    """

    def __init__(self, status: int, body: Body, *, keeps_changes: bool = False) -> None:
        super().__init__(body["message"])
        self.status = status
        self.body = body
        self.keeps_changes = keeps_changes
        self.headers: dict[str, str] = {}


def invalid_request(
    message: str, *, param: str | None = None, code: str | None = None, status: int = 400
) -> StripeError:
    body: Body = {"message": message, "type": "invalid_request_error"}
    if code:
        body |= {"code": code, "doc_url": doc_url(code)}
    if param:
        body["param"] = param
    return StripeError(status, body)


def doc_url(code: str) -> str:
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


NOUNS = {
    "checkout_session": "checkout.session",
    "payment_intent": "payment_intent",
    "payment_method": "PaymentMethod",
}


def resource_missing(
    kind: str, id_: str, param: str = "id", *, in_path: bool = False
) -> StripeError:
    """404 where the URL names the object, 400 where a parameter does."""
    noun = NOUNS.get(kind, kind.replace("_", " "))
    return invalid_request(
        f"No such {noun}: '{id_}'",
        param=param,
        code="resource_missing",
        status=404 if in_path else 400,
    )


def no_api_key() -> StripeError:
    message = (
        "You did not provide an API key. You need to provide your API key in the Authorization "
        "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
        "https://stripe.com/docs/api#authentication for details, or we can help at "
        "https://support.stripe.com/."
    )
    return invalid_request(message, status=401)


def wrong_api_key(key: str) -> StripeError:
    """Stripe shows a wrong key's beginning and its last four characters."""
    shown = key[:8] + "*" * max(0, len(key) - 12) + key[-4:] if len(key) > 12 else "*" * len(key)
    return invalid_request(f"Invalid API Key provided: {shown}", status=401)


def refuse(params: Body, *names: str) -> None:
    """Raises for a parameter that this service leaves out: better said than ignored."""
    for name in names:
        if params.get(name):
            message = f"The parameter {name} is not served by the local Stripe."
            raise invalid_request(message, param=name)


def not_permitted(key: str, account: str, permission: str) -> StripeError:
    """A restricted key without the permission (`rak_charge_read`)."""
    message = (
        f"The provided key '{key[:8]}{'*' * 8}{key[-4:]}' does not have the required permissions "
        f"for this endpoint on account '{account}'. Having the '{permission}' permission would "
        "allow this request to continue."
    )
    return invalid_request(message, status=403)


def unknown_url(method: str, path: str) -> StripeError:
    message = (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/."
    )
    return invalid_request(message, status=404)


def rate_limited(reason: str) -> StripeError:
    """`reason` is Stripe's: `endpoint-rate` or `global-rate`."""
    message = (
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits."
    )
    error = invalid_request(message, code="rate_limit", status=429)
    error.headers = {"stripe-rate-limited-reason": reason, "stripe-should-retry": "true"}
    return error


def idempotency_mismatch(key: str) -> StripeError:
    message = (
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request."
    )
    return StripeError(400, {"message": message, "type": "idempotency_error"})


def idempotency_other_endpoint(key: str, path: str) -> StripeError:
    message = (
        "Keys for idempotent requests can only be used for the same endpoint they were first used "
        f"for ('{path}'). Try using a key other than '{key}' if you meant to execute a different "
        "request."
    )
    return StripeError(400, {"message": message, "type": "idempotency_error"})


def idempotency_in_use(key: str) -> StripeError:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{key}. Please try again later."
    )
    body = {"message": message, "type": "idempotency_error", "code": "idempotency_key_in_use"}
    return StripeError(409, body | {"doc_url": doc_url("idempotency_key_in_use")})
