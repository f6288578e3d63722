"""What happens in a film: YAML -> films with ground truth."""
