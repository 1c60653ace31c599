"""Which days are worked: Monday to Friday, public holidays, make-up days (调休), local changes."""
