"""Tables, JUnit, diagrams and the command line."""
