/** What a person who comes from Prefect 1.x writes, in either spelling, and what is written here instead. */
const HERE: Readonly<Record<string, string>> = {
  maxretries: 'Write retry: { max: 3, delay: "10s" }.',
  retrydelay: 'Write retry: { max: 3, delay: "10s" }.',
  retries: 'Write retry: { max: 3, delay: "10s" }.',
  logstdout: "Leave it out: what a task prints is in its log.",
  parameters: "Write params: { … }.",
  schedule: "Leave it out: flowctl is started by cron or by CI.",
  executor: "Write concurrency: 8.",
};

/** What to write for an option of Prefect's that has another name here, or none. */
export function fromPrefect(option: string): string | undefined {
  const name = option.replaceAll("_", "").toLowerCase();
  return Object.hasOwn(HERE, name) ? HERE[name] : undefined;
}
