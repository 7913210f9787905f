"""Follow-up (opfølgning): evaluation goal by goal, and what happens next."""
