"""Joins the parts for every front end; owns the clock, tasks and files."""
