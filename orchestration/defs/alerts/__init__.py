"""What works by itself: owed days are collected, failed runs are noted, findings become alerts."""
