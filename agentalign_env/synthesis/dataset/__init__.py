"""Datasets: from a recipe to training and test rows, each with its proof."""
