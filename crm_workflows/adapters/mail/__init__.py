"""Mail to and from real servers, and how mails look. It must not decide what a mail means."""
