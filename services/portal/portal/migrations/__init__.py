"""The migrations of portal."""
