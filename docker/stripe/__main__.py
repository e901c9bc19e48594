"""`python -m docker.stripe --port 18082 --data DIR`, with the key in STRIPE_API_KEY."""

from docker.common.server import run
from docker.stripe.app import build

if __name__ == "__main__":
    run("stripe", build)
