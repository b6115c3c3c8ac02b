"""What papers print: ``printed`` holds each number once, ``audit`` asks whether it can be."""
