"""Assessment (sagsoplysning, sagsvurdering, indstilling): needs, goals, recommendation, action plan."""
