"""The doors: JSON-RPC, XML-RPC, JSON-2 and the web client's session routes."""
