"""What a page costs in processor time, made by commands, by the forge and by plain functions."""
