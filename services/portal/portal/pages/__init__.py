"""The pages, one blueprint per kind of work."""

from portal.pages import cases, notifications, provider, record, start

PAGES = (start.blp, notifications.blp, cases.blp, record.blp, provider.blp)
