"""Evidence that promises were kept: what is due, who does it, what was entered, what follows."""
