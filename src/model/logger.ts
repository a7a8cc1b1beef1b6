/** Lines for the run's log, attributed to a task where one is running. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** One line that a program of the task wrote. @default as `info` */
  output?(stream: "stdout" | "stderr", text: string): void;
}
