"""The migrations of decision."""
