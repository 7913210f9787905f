"""The migrations of followup."""
