"""What black-box tests need of a server and of a client that speaks bytes."""
