"""What people can do with grievances: one function each, atomic."""
