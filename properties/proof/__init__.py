"""The engine `prove`: one configuration, or any size."""
