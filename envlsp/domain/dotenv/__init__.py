"""`.env` files, lossless: every byte in one token, and parsing never raises."""
