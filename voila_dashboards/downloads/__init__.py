"""Tickets as files: what the list shows, written by a sealed process that holds its scope's files and nothing else."""
