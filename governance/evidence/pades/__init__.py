"""The seal of a pack's PDF: a PAdES signature (ETSI EN 319 142-1), made in the portal's process.

The child process that draws pages never has the key. It leaves an empty signature field; what
signs it is here.
"""
