"""Portal: the web for caseworker, leader, provider, finance, analyst, operator and citizen's log."""
