"""Reading files as the text they are, whatever their shape."""
