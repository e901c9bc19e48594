"""Tables derived from Stripe's official OpenAPI description (see `derive.py`)."""
