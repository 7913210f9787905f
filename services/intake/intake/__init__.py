"""Intake (sagsåbning): enquiry, consent, representation, purpose; the register of cases and citizens."""
