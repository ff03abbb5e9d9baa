"""Where a department keeps its register: databases."""
