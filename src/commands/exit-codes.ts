/** What `flowctl help exit-codes` prints (design §3). */
export const EXIT_CODE_HELP = `Exit codes

    0  done; also when --on-overlap skip found another run
    1  the run ended Failed, Crashed, or Cancelled other than by a signal; secrets delete
       or config path found nothing, secrets import what is stored already
    2  nothing ran: the command line, the flow's file, the spec, the config or a parameter is wrong
    3  nothing ran: a secret or its store is missing, locked or did not answer
    4  a notification was not delivered (--strict-notify, notify test)
    5  the run is paused; flowctl runs resume goes on with it
   70  a bug in flowctl
   75  another run of the flow holds the lock
  124  --timeout was reached
  129, 130, 143  ended by SIGHUP, SIGINT or SIGTERM
`;
