"""The protocol: catalogue, messages, rules of MN, MAG and LMA, channels and time."""
