"""Predictions: statistical models fitted to the marts, published as tables that marts read."""
