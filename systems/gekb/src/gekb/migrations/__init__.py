"""What GEKB keeps, revision by revision."""
