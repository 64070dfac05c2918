"""The reference gateway, and the case, oracle and judge of gateways."""
