"""Hostile programs, by what they try. See cage.Animal, and test_zoo.py for what must become of them."""
