"""dlt's `rest_api` source to its filesystem destination, as its documentation shows them.

Nesting 0, so that a charge stays one row: the fairest setting for dlt, which else makes tables of
what is inside. Run by the interpreter of dlt's own environment.
"""

import os
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

if __name__ == "__main__":
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{os.environ['STRIPE_API_BASE']}/v1/",
                "auth": {"type": "bearer", "token": os.environ["STRIPE_API_KEY"]},
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "data[-1].id",
                    "cursor_param": "starting_after",
                },
            },
            "resources": [
                {
                    "name": "charges",
                    "max_table_nesting": 0,
                    "endpoint": {
                        "path": "charges",
                        "params": {"limit": 100},
                        "data_selector": "data",
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(Path("pipelines").resolve()),
        destination=dlt.destinations.filesystem(Path("out_files").resolve().as_uri()),
        dataset_name="stripe",
    )
    pipeline.run(source, loader_file_format="jsonl")
