"""The destinations of messages: Slack, e-mail, a webhook, and which settings turn them on."""
