"""Recording through the app: one thread writes, and those that wait at the same moment share a commit."""
