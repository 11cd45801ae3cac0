"""The processes that `runs` starts: each does one kind of long work, and tells how far it is."""
