"""The performance report: one HTML file that answers where the time went. It needs no network and runs nothing."""
