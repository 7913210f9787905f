"""Casework: what the services have in common, and nothing else."""
