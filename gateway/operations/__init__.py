"""Client documents: parsed, validated, their variables coerced, and brought into the form planning reads."""
