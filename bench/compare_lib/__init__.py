"""What bench/compare is made of: servers, load, rows, and how the outcome is shown."""
