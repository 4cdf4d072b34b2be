"""Who speaks here: codes by mail, sessions and tokens. It knows no page, and decides nothing about cases."""
