"""An LMA written from the text of the RFCs alone: a stack to certify that is not ours."""
