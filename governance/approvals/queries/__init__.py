"""Reads of approvals, and the reading of lower sub-apps that a decision needs."""
