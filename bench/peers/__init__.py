"""The servers that Segl is measured beside, each written as its library is meant to be used."""
