"""Shopping: the catalogues of four shops, the owner's orders there, and what went back."""
