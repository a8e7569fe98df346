"""What a report says, before any page is drawn."""
