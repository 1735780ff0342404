"""Trainings on a machine with a GPU and without the engines, in pieces of some minutes: listed and taken back here."""
