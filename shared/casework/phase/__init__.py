"""A phase service, without what is particular to any phase: tables, handlers, the document."""
