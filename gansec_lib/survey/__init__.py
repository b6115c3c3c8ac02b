"""What the papers print (``printed``), each figure once with its source."""
