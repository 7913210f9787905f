"""The migrations of scheduler."""
