"""The demo world: rooms, cameras and people drawn from seeds, with exact ground truth: Scenario -> films, truth."""
