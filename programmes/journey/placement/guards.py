"""Registered at start-up."""
