"""Slack's mrkdwn to HTML. Every character of the message is escaped before it is shown."""

import re

from markupsafe import Markup, escape

TOKEN = re.compile(r"```(?P<fence>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>", re.DOTALL)
EMPHASIS = [
    (re.compile(r"(?<![\w*])\*(?=\S)(.+?)(?<=\S)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_(?=\S)(.+?)(?<=\S)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(?=\S)(.+?)(?<=\S)~(?![\w~])"), r"<del>\1</del>"),
]
QUOTE = re.compile(r"^(?:&gt;) ?(.*)$", re.MULTILINE)
EMOJI = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "x": "❌",
    "warning": "⚠️",
    "rotating_light": "🚨",
    "red_circle": "🔴",
    "large_yellow_circle": "🟡",
    "large_green_circle": "🟢",
    "chart_with_upwards_trend": "📈",
    "chart_with_downwards_trend": "📉",
    "package": "📦",
    "moneybag": "💰",
    "tada": "🎉",
    "information_source": "ℹ️",
    "hourglass": "⌛",
    "link": "🔗",
    "fire": "🔥",
    "bell": "🔔",
}


def to_html(text: str) -> Markup:
    """Bold, italic, strike, code, quotes, links, mentions and common emoji."""
    out: list[str] = []
    kept: list[str] = []

    def keep(html: str) -> str:
        # Finished pieces stand aside, so that emphasis may span them and never reach inside.
        kept.append(html)
        return f"\x00{len(kept) - 1}\x00"

    position = 0
    text = text.replace("\x00", "")
    for token in TOKEN.finditer(text):
        out += [_escaped(text[position : token.start()]), keep(_token(token))]
        position = token.end()
    out.append(_escaped(text[position:]))
    html = "".join(out)
    for pattern, replacement in EMPHASIS:
        html = pattern.sub(replacement, html)
    html = QUOTE.sub(r"<blockquote>\1</blockquote>", html)
    html = re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], html)
    return Markup(html.replace("\n", "<br>"))


def plain_html(text: str) -> Markup:
    """Plain text: escaped, with emoji and line ends."""
    return Markup(_emoji(str(escape(text))).replace("\n", "<br>"))


def safe_url(url: str) -> str | None:
    """The URL when a browser may follow it from the page, None otherwise."""
    return url if re.match(r"(https?://|mailto:)", url, re.IGNORECASE) else None


def _token(token: re.Match[str]) -> str:
    if token["fence"] is not None:
        code = str(_unescaped(token["fence"].strip("\n"))).replace("\n", "&#10;")
        return f"<pre>{code}</pre>"
    if token["code"] is not None:
        return f"<code>{_unescaped(token['code'])}</code>"
    target, _, label = token["angle"].partition("|")
    if target.startswith(("@", "#", "!")):
        shown = label or target.lstrip("!").partition("^")[0]
        return f'<span class="mention">{escape(shown)}</span>'
    url = safe_url(target.replace("&amp;", "&"))
    if url is None:
        return str(escape(token[0]))
    return f'<a href="{escape(url)}" rel="noreferrer">{_unescaped(label or target)}</a>'


def _unescaped(text: str) -> Markup:
    """Senders write &, < and > as entities; undone, then escaped for HTML."""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return escape(text)


def _escaped(text: str) -> str:
    return _emoji(str(_unescaped(text)))


def _emoji(html: str) -> str:
    return re.sub(r":([a-z_]+):", lambda found: EMOJI.get(found[1], found[0]), html)
