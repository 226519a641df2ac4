"""What planning, composition and requests cost, beside other gateways."""
