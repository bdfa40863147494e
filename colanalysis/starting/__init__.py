"""Starting a community folder from what there is already."""
