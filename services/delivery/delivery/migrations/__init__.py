"""The migrations of delivery."""
