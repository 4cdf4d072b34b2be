"""The pages and the HTTP interface: server-rendered, without scripts, on loopback until people can sign in."""
