"""English on screen: ISO-like short dates leave no doubt between day and month."""
