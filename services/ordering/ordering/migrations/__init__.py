"""The migrations of ordering."""
