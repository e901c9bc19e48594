"""A plain page for one run: states, errors and logs."""

from typing import Any

import jinja2

TEMPLATE = jinja2.Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ run.run_name }} · run {{ run.run_id }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #f4f4f5; padding: 1rem; overflow-x: auto; font-size: 12px }
.SUCCESS { color: #15803d } .FAILED, .TIMEDOUT, .CANCELED { color: #b91c1c }
</style></head><body>
<h1>{{ run.run_name }}</h1>
{% set outcome = run.state.result_state or run.state.life_cycle_state %}
<p>Run {{ run.run_id }}: <strong class="{{ outcome }}">{{ outcome }}</strong>
{{ run.state.state_message }}</p>
{% for task in run.tasks %}
{% set found = task.state.result_state or task.state.life_cycle_state %}
<h2>{{ task.task_key }} <span class="{{ found }}">{{ found }}</span></h2>
{% if outputs[task.task_key].error %}<pre>{{ outputs[task.task_key].error }}</pre>{% endif %}
<details><summary>Log</summary><pre>{{ outputs[task.task_key].logs }}</pre></details>
{% endfor %}
</body></html>""")


def run_page(run: dict[str, Any], outputs: dict[str, Any]) -> str:
    return TEMPLATE.render(run=run, outputs=outputs)
