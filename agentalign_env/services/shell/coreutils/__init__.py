"""Commands on files and texts, as GNU's coreutils, findutils, diffutils, tar and their neighbours have them."""
