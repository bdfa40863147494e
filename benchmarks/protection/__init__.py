"""What release control gives away (nothing, it is hoped) and what it costs, on made-up regions."""
