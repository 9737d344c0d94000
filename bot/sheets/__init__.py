"""Tables as files: reads CSV files and workbooks that people upload, and writes those that they download."""
