"""The channel as a page: jinja escapes every value, mrkdwn.py makes the only trusted HTML."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from docker.slack import mrkdwn
from docker.slack.shapes import Json

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
)
ENVIRONMENT.filters |= {"mrkdwn": mrkdwn.to_html, "plain": mrkdwn.plain_html}
ENVIRONMENT.tests |= {"safe_url": lambda url: mrkdwn.safe_url(url or "") is not None}


def render(messages: list[Json]) -> str:
    """HTML of the channel, newest last; the browser starts at the end."""
    return ENVIRONMENT.get_template("page.html").render(messages=messages)
