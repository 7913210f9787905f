"""The migrations of assessment."""
