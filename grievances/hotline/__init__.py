"""12345工单: reading an export of the hotline; pure, knows no table."""
