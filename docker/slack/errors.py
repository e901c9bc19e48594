"""What Slack answers instead of `ok`: a status and a word as plain text.

Words and statuses: docs.slack.dev "Sending messages using incoming webhooks" and
api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks.
"""

STATUSES = {
    "invalid_payload": 400,
    "no_text": 400,
    "invalid_blocks": 400,
    "invalid_blocks_format": 400,
    "invalid_attachments": 400,
    "too_many_attachments": 400,
    "user_not_found": 400,
    "invalid_token": 403,
    "action_prohibited": 403,
    "posting_to_general_channel_denied": 403,
    "team_disabled": 403,
    "channel_not_found": 404,
    "no_active_hooks": 404,
    "no_service": 404,
    "no_service_id": 404,
    "no_team": 404,
    "channel_is_archived": 410,
    "rate_limited": 429,
    "rollup_error": 500,
}


class SlackError(Exception):
    """`word` is the answer; `reason` says where the payload is wrong, for the log of the page."""

    def __init__(self, word: str, reason: str = "") -> None:
        super().__init__(f"{word}: {reason}" if reason else word)
        self.word = word
        self.reason = reason
        self.status = STATUSES[word]
