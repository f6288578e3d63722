"""Networks from their makers: files they publish are fetched, and models exported with their own tools."""
