"""mrkdwn becomes HTML, and no message can bring HTML of its own."""

import html.parser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from docker.slack.mrkdwn import plain_html, to_html
from docker.slack.page import render

LINK = '<a href="https://shop.example/?a=1&amp;b=2" rel="noreferrer">here</a>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _it_ ~no~", "<strong>bold</strong> <em>it</em> <del>no</del>"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("`a*b*` and `<x>`", "<code>a*b*</code> and <code>&lt;x&gt;</code>"),
        ("```\nline 1\n*line* 2\n```", "<pre>line 1&#10;*line* 2</pre>"),
        ("<https://shop.example/?a=1&amp;b=2|here>", LINK),
        ("*<https://shop.example/?a=1&amp;b=2|here>*", f"<strong>{LINK}</strong>"),
        ("a &lt; b &amp;&amp; c", "a &lt; b &amp;&amp; c"),
        ("line\nline", "line<br>line"),
        ("&gt; quoted", "<blockquote>quoted</blockquote>"),
        ("<!here> <@U123>", '<span class="mention">here</span> <span class="mention">@U123</span>'),
        (":x: failed :unknown:", "❌ failed :unknown:"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        (
            '<https://x.example/"onclick=x|y>',
            '<a href="https://x.example/&#34;onclick=x" rel="noreferrer">y</a>',
        ),
    ],
)
def test_mrkdwn(text: str, shown: str) -> None:
    assert to_html(text) == shown


def test_plain_text_is_only_escaped() -> None:
    assert plain_html("*a* <b> :x:\nc") == "*a* &lt;b&gt; ❌<br>c"


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        allowed = {"href", "rel", "class"}
        assert {name for name, _ in attrs} <= allowed, attrs
        for name, value in attrs:
            assert name != "href" or str(value).lower().startswith(("http", "mailto:")), value


@example("<|>")
@given(st.text(alphabet="<>|*_~`&;:\"'/ax\n\x00h@#!", max_size=60))
def test_no_text_brings_html_of_its_own(text: str) -> None:
    tags = Tags()
    tags.feed(str(to_html(text)))
    assert tags.seen <= {"strong", "em", "del", "code", "pre", "a", "br", "span", "blockquote"}


def test_the_page_escapes_every_part_of_a_message() -> None:
    evil = "<img src=x onerror=alert(1)>"
    text = {"type": "plain_text", "text": evil}
    payload = {
        "username": evil,
        "blocks": [
            {"type": "header", "text": text},
            {"type": "section", "text": {"type": "mrkdwn", "text": evil}, "fields": [text]},
            {"type": "context", "elements": [text, {"type": "image", "alt_text": evil}]},
            {
                "type": "actions",
                "elements": [{"type": "button", "text": text, "url": "javascript:x"}],
            },
            {"type": "markdown", "text": evil},
            {"type": "video", "title": text},
        ],
        "attachments": [{"title": evil, "text": evil, "fields": [{"title": evil, "value": 3}]}],
    }
    page = render([{"ts": "1.1", "at": "now", "text": evil, "payload": payload}])
    assert "<img" not in page
    assert "javascript:x" not in page
    assert page.count("&lt;img") >= 9
