"""What machines ask of the gateway. No page is rendered here."""
