"""What the steps of procedures do to suppliers and customers. It must not know a database, a mail or a page."""
