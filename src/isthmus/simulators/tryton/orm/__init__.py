"""Records: fields, domains, reading and writing as Tryton does them."""
