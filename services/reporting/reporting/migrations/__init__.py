"""The migrations of reporting."""
