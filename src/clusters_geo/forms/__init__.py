"""The statutory half-year forms of Circular 14/2024/TT-BCT: filled in from a register, and read back."""
