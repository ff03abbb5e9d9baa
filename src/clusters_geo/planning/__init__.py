"""What is planned against what came of it."""
