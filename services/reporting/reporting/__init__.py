"""Reporting: FFB bundles, statistics, management figures, the archive of all messages."""
