"""The faces served over HTTP: deliveries in, pages out."""
