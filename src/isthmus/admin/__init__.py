"""What an operator may ask (queries) and do (operations); the command line and the web use the same."""
