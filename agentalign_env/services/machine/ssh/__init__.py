"""Other machines, reached over SSH: who may log in, their files, and the commands that they answer."""
