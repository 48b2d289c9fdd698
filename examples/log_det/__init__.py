"""Parts of the log-det question: what PyTorch and Pyro answer, and what each density adds up to."""
