"""Variables of the environment by which an engine speaks to the scripts that it runs, and these to what they start."""

STAGE = "DVC_STAGE"  # DVC's own: the name of the stage; not there when a script is run by hand
DVC_PROCESS = "REVISIT_DVC_PID"  # the process ID of the DVC that runs the stage
FORCED = "REVISIT_FORCED"  # the stages that an engine was told to run whatever has changed, with spaces between
CORES = "REVISIT_CORES"  # how many an engine allots to a job
GPU = "REVISIT_GPU"  # set by a job itself: the UUID of the GPU that it holds, for what it starts
