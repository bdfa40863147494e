"""Publishing: what an audience may see, and in what form."""
