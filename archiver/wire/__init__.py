"""What crosses a connection: HTTP/1.1 framing, and the exchange that capture hands to storage. Imports neither."""
