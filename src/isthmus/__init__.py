"""Isthmus keeps storefronts and sales channels in step with ERP systems."""

__version__ = "0.1.0"
