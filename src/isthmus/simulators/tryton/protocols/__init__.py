"""The doors: JSON-RPC, XML-RPC and REST."""
