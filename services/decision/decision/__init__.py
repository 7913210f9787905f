"""Decision (afgørelse): outcome, reasons, letter, complaint clock."""
