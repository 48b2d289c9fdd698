"""The variational autoencoder of ``vae_iaf_posterior.py``: data, model, training, picture."""
