"""Administrative units: levels, generations, the crosswalk between them, and where a cluster lies."""

# Small: the names live in the modules: `model` what a unit is, `names` what a register
# declares, `places` where a cluster lies, `crosswalk` how totals move between generations.
