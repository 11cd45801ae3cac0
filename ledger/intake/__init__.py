"""Files turned into transfers: what rows state, in which form, and what is wrong with them."""
