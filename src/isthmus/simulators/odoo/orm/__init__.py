"""A small object-relational mapper without a database: what Odoo's callers can see of Odoo's own."""
