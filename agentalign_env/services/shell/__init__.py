"""The shell: scripts in the language of bash, run on the files of the world."""
