"""Onebox: all services in one process, on one machine, with nothing else to install."""
