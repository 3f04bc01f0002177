"""Commands that are languages of their own: grep, sed, awk, jq, expr, bc; and the regular expressions they share."""
