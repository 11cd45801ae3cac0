"""Charts: a figure's numbers as an SVG picture that says in words what it shows, the same bytes every time."""
