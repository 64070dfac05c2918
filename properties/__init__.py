"""What must hold, and the engines that decide it: explore, prove and fuzz."""
