"""Media: the owner's library of photos and clips, which posts and videos show."""
