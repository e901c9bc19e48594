"""The sources that can be backfilled, from their own declarations."""

from scripts.backfill.request import Source
from scripts.shopify.streams import STREAMS as SHOPIFY
from scripts.stripe.streams import STREAMS as STRIPE

SOURCES = {
    "shopify": Source(
        tuple(stream.name for stream in SHOPIFY),
        tuple(stream.name for stream in SHOPIFY if stream.reads == "whole"),
    ),
    "stripe": Source(
        tuple(stream.name for stream in STRIPE),
        # no list knows them by time: each window beyond the events asks every customer
        uncut=tuple(stream.name for stream in STRIPE if stream.timeless),
    ),
}
