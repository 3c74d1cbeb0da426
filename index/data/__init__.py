"""Tables that folding is made of, and what makes them."""
