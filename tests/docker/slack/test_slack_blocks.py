"""Block Kit's limits, one by one: what fits is taken, one more is refused with its place."""

from typing import Any

import pytest

from docker.slack.blocks import check
from docker.slack.errors import SlackError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(**fields: Any) -> Json:
    return {"type": "section", **fields}


def button(**fields: Any) -> Json:
    return {"type": "button", "text": plain("Open"), **fields}


def actions(count: int, **fields: Any) -> Json:
    return {"type": "actions", "elements": [button(**fields)] * count}


def context(count: int) -> Json:
    return {"type": "context", "elements": [mrkdwn("x")] * count}


IMAGE = {"type": "image", "image_url": "https://shop.example/a.png", "alt_text": "A chart"}


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [{"type": "divider"}] * 50,
        [{"type": "header", "text": plain("x" * 150)}],
        [section(text=mrkdwn("x" * 3000))],
        [section(fields=[mrkdwn("x" * 2000)] * 10)],
        [section(text=plain("x"), accessory=button(url="https://shop.example", value="v"))],
        [section(text=mrkdwn("x"), accessory=IMAGE)],
        [section(text=mrkdwn("x"), block_id="b" * 255)],
        [actions(25)],
        [context(10), {"type": "context", "elements": [IMAGE]}],
        [IMAGE | {"title": plain("t")}],
        [{"type": "markdown", "text": "# hi"}],
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 20] * 100}],
        [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}],
    ],
)
def test_what_fits_is_taken(blocks: list[Json]) -> None:
    check(blocks)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"type": "header", "text": plain("x" * 151)}, "no more than 150 characters"),
        ({"type": "header", "text": mrkdwn("x")}, "must be one of plain_text"),
        ({"type": "header"}, "missing required field: text"),
        (section(), "a section needs text or fields"),
        (section(text=mrkdwn("x" * 3001)), "no more than 3000 characters"),
        (section(text=mrkdwn("")), "a text that is not empty"),
        (section(text="bare"), "must be an object"),
        (section(text=mrkdwn("x") | {"emoji": True}), "emoji goes with plain_text only"),
        (section(fields=[mrkdwn("x")] * 11), "no more than 10 items"),
        (section(fields=[mrkdwn("x" * 2001)]), "no more than 2000 characters"),
        (section(text=mrkdwn("x"), colour="red"), "invalid additional property: colour"),
        (section(text=mrkdwn("x"), block_id="b" * 256), "no more than 255 characters"),
        (section(text=mrkdwn("x"), accessory={"type": "knob"}), "unsupported element type: knob"),
        (actions(26), "no more than 25 items"),
        (actions(1, url="https://" + "x" * 3000), "no more than 3000 characters"),
        (actions(1, text=plain("x" * 76)), "no more than 75 characters"),
        (actions(1, text=mrkdwn("x")), "must be one of plain_text"),
        (actions(1, style="blue"), "must be one of primary, danger"),
        (actions(1, action_id="a" * 256), "no more than 255 characters"),
        (context(11), "no more than 10 items"),
        (context(0), "a list that is not empty"),
        ({"type": "image", "image_url": "https://x.example"}, "missing required field: alt_text"),
        ({"type": "image", "alt_text": "x"}, "an image needs image_url or slack_file"),
        (IMAGE | {"image_url": "https://" + "x" * 3000}, "no more than 3000 characters"),
        ({"type": "marquee"}, "unsupported block type: marquee"),
        ({}, "unsupported block type: None"),
        ("text", "must be an object"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(block: Any, reason: str) -> None:
    with pytest.raises(SlackError) as caught:
        check([{"type": "divider"}, block])
    assert caught.value.word == "invalid_blocks"
    assert reason in caught.value.reason
    assert "[json-pointer:/blocks/1" in caught.value.reason


def test_fifty_one_blocks_and_a_block_id_twice() -> None:
    with pytest.raises(SlackError, match="no more than 50 items"):
        check([{"type": "divider"}] * 51)
    with pytest.raises(SlackError, match="used twice"):
        check([{"type": "divider", "block_id": "a"}] * 2)
