"""What a signed-in person sees and changes about themselves. It signs nobody in."""
