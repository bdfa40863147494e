"""How often an earlier plan's group is said to have shifted, rightly and wrongly."""
