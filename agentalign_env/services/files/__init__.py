"""Files: the owner's computer, as a tree of directories and text files."""
