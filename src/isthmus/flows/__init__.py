"""The journeys, each reading as the business process it is."""
