"""Variables of the environment by which an engine speaks to the scripts that it runs."""

STAGE = "DVC_STAGE"  # DVC's own: the name of the stage; not there when a script is run by hand
DVC_PROCESS = "REVISIT_DVC_PID"  # the process ID of the DVC that runs the stage
FORCED = "REVISIT_FORCED"  # the stages that an engine was told to run whatever has changed, with spaces between
CORES = "REVISIT_CORES"  # how many an engine allots to a job
