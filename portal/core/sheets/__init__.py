"""Tables as files: .csv and .xlsx, read and written without holding them in memory."""
