"""The sandbox's end behind the socket: it imports the standard library, wire, load.entry and load.aliases only."""
