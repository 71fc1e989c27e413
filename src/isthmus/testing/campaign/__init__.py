"""A campaign: arms that break something while a shop is busy, each judged by the two systems themselves.

An arm is a fault and what it is done to; a run is one arm on one store with one seed; a scene is what a run plays in.
"""
