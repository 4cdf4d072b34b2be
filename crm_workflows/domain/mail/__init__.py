"""What mails say: their parts, the visible part of a reply, the answer read from it. It must not fetch or send."""
