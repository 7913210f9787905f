"""What every Flask service needs: settings, clock, auth, errors, logs, health, the API of a phase."""
