"""Runs the integration through simulated time and yields what happened."""
