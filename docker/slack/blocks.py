"""Block Kit as messages may use it, with Slack's limits (docs.slack.dev/reference/block-kit).

Blocks and elements of which only the type is checked are kept and shown as their text.
"""

from typing import Any

from docker.slack.shapes import (
    Check,
    anything,
    boolean,
    by_type,
    fields,
    list_of,
    one_of,
    refuse,
    text_object,
    text_up_to,
)

MAX_BLOCKS = 50
MAX_MARKDOWN = 12_000
BLOCK: dict[str, Check] = {"block_id": text_up_to(255)}
TYPE: dict[str, Check] = {"type": anything}  # by_type has looked at it
URL = text_up_to(3000)
PLAIN = "plain_text"

CONFIRM = fields(
    {
        "title": text_object(100, only=PLAIN),
        "text": text_object(300),
        "confirm": text_object(30, only=PLAIN),
        "deny": text_object(30, only=PLAIN),
    },
    {"style": one_of("primary", "danger")},
)
BUTTON = fields(
    TYPE | {"text": text_object(75, only=PLAIN)},
    {
        "action_id": text_up_to(255),
        "url": URL,
        "value": text_up_to(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": text_up_to(75),
    },
)
IMAGE_FIELDS: dict[str, Check] = {"image_url": URL, "slack_file": anything}
IMAGE_ELEMENT = fields(TYPE | {"alt_text": text_up_to(2000)}, IMAGE_FIELDS)
OPTION = fields(
    {"text": text_object(75), "value": text_up_to(150)},
    {"description": text_object(75, only=PLAIN), "url": URL},
)


def _menu(longest: int, option: Check = OPTION) -> Check:
    return fields(
        TYPE,
        {
            "action_id": text_up_to(255),
            "options": list_of(option, longest),
            "option_groups": list_of(anything, 100),
            "placeholder": text_object(150, only=PLAIN),
            "confirm": CONFIRM,
            "focus_on_load": boolean,
            **dict.fromkeys(("initial_option", "initial_options", "max_selected_items"), anything),
        },
    )


ELEMENTS: dict[str, Check] = {
    "button": BUTTON,
    "overflow": _menu(5),
    "checkboxes": _menu(10),
    "radio_buttons": _menu(10),
    "static_select": _menu(100),
    "multi_static_select": _menu(100),
    **dict.fromkeys(
        [
            "datepicker",
            "datetimepicker",
            "timepicker",
            "users_select",
            "conversations_select",
            "channels_select",
            "external_select",
            "multi_users_select",
            "multi_conversations_select",
            "multi_channels_select",
            "multi_external_select",
            "workflow_button",
        ],
        anything,
    ),
}
SECTION_SHAPE = fields(
    TYPE,
    BLOCK
    | {
        "text": text_object(3000),
        "fields": list_of(text_object(2000), 10),
        "accessory": by_type(ELEMENTS | {"image": IMAGE_ELEMENT}, "element"),
        "expand": boolean,
    },
)
TEXTS = dict.fromkeys(("plain_text", "mrkdwn"), text_object(3000))


def _section(value: Any, pointer: str) -> None:
    SECTION_SHAPE(value, pointer)
    if "text" not in value and "fields" not in value:
        raise refuse(pointer, "a section needs text or fields")


def _image(value: Any, pointer: str) -> None:
    title = {"title": text_object(2000, only=PLAIN)}
    fields(TYPE | {"alt_text": text_up_to(2000)}, BLOCK | IMAGE_FIELDS | title)(value, pointer)
    if "image_url" not in value and "slack_file" not in value:
        raise refuse(pointer, "an image needs image_url or slack_file")


BLOCKS: dict[str, Check] = {
    "section": _section,
    "header": fields(TYPE | {"text": text_object(150, only=PLAIN)}, BLOCK | {"level": anything}),
    "divider": fields(TYPE, BLOCK),
    "image": _image,
    "context": fields(
        TYPE | {"elements": list_of(by_type(TEXTS | {"image": IMAGE_ELEMENT}, "element"), 10)},
        BLOCK,
    ),
    "actions": fields(TYPE | {"elements": list_of(by_type(ELEMENTS, "element"), 25)}, BLOCK),
    "markdown": fields(TYPE | {"text": text_up_to(MAX_MARKDOWN)}, BLOCK),
    "rich_text": fields(TYPE | {"elements": list_of(anything, 1000)}, BLOCK),
    "table": fields(
        TYPE | {"rows": list_of(list_of(anything, 20), 100)}, BLOCK | {"column_settings": anything}
    ),
    **dict.fromkeys(
        [
            "alert",
            "card",
            "carousel",
            "container",
            "context_actions",
            "data_table",
            "file",
            "input",
            "plan",
            "task_card",
            "video",
        ],
        anything,
    ),
}


def check(blocks: Any, pointer: str = "/blocks") -> None:
    """Raises SlackError for the first thing that Slack would refuse."""
    if not isinstance(blocks, list):
        raise refuse(pointer, "must be a list")
    if len(blocks) > MAX_BLOCKS:
        raise refuse(pointer, f"no more than {MAX_BLOCKS} items allowed")
    seen: set[str] = set()
    one_block = by_type(BLOCKS, "block")
    for index, block in enumerate(blocks):
        one_block(block, f"{pointer}/{index}")
        id_ = block.get("block_id")
        if id_ in seen:
            raise refuse(f"{pointer}/{index}/block_id", f"block_id {id_} is used twice")
        seen |= {id_} if id_ else set()
