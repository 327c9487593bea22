"""Keys, seals and signatures; the one package that reaches PyNaCl."""
