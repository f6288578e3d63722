"""What a person sees in a terminal: progress bars and tables."""
