"""The command line: `billing run | serve | migrate | seed | check | grant | catalog | sandbox`."""
