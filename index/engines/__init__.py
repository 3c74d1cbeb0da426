"""Engines: what keeps tokens and answers plans."""
