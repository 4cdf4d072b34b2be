"""What mails say: parsing, the visible part of a reply, and the answers read from it; pure. It must not fetch or send."""
