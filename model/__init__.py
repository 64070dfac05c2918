"""The protocol: catalogue, messages, rules of MN, MAG and LMA, domain, channels and time."""
