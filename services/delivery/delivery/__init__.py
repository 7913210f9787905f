"""Delivery (levering): what a provider answers, documents and reports."""
