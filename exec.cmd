@rem Lets the "exec" in the scripts of package.json mean the same to cmd: run the command. In a POSIX shell it replaces the shell, so
@rem that signals reach winback itself.
@%*
