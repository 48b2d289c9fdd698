"""The deep Markov model of ``deep_markov_model.py``: data, model, guide, training, picture."""
