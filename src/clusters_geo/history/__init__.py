"""What was known when: events, the vintages they give, and what changed between two vintages."""
