"""What requests cost, beside other gateways."""
