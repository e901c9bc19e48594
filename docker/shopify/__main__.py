from docker.common.server import run
from docker.shopify.app import build

if __name__ == "__main__":
    run("shopify", build)
