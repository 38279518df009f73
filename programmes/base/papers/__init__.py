"""Letters on paper: templates that administrators edit, letters made as PDF in the background, and their check."""
