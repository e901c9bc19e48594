"""A local Slack incoming webhook, and a page that shows what was posted."""
