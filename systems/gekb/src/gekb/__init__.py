"""GEKB: an error knowledge base for coding agents."""
