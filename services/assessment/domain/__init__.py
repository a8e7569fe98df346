"""Models as data, and one exact engine that scores ratings against any of them."""
