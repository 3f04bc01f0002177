"""The Gymnasium environments. Importing the package registers their ids; a class loads when one is made."""
