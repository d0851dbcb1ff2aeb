"""What runs in processes of its own, to draw PDFs: `draw.py` and `join.py`, and what they share.

They run as scripts, `python -I draw.py`, with a request on standard input and the answer on
standard output, under limits that they set themselves and with the network shut. Nothing here
imports Django.
"""
