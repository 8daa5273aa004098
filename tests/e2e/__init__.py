"""Does the built thing work: server, command line, a page in a browser? Very few."""
