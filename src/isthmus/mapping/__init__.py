"""The merchant's choices: code tables, and how an order is made ready for another system."""
