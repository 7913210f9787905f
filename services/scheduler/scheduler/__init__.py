"""Scheduler: deadlines on a Danish calendar, raised and told."""
