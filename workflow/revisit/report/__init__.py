"""From findings to the report: collect, verdicts, tables and figures of each study, one page."""
