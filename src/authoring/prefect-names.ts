/** What a person who comes from Prefect 1.x writes, in either spelling, and what is written here instead. */
const HERE: Readonly<Record<string, string>> = {
  maxretries: 'Write retry: { max: 3, delay: "10s" }.',
  retrydelay: 'Write retry: { max: 3, delay: "10s" }.',
  retries: 'Write retry: { max: 3, delay: "10s" }.',
  retryon: "Write retry: { max: 3, on: TypeError }.",
  logstdout: "Leave it out: what a task prints is in its log.",
  logstderr: "Leave it out: what a task prints is in its log.",
  streamoutput: "Leave it out: what a task prints is in its log.",
  parameters: "Write params: { … }.",
  schedule: "Leave it out: flowctl is started by cron or by CI.",
  executor: "Write concurrency: 8.",
  referencetasks: "Call setReferenceTasks([…]) of the flow.",
  nout: "Leave it out: the parts of a reference are references, const first = pair()[0].",
  taskrunname: 'Write name: "…".',
  result: "Leave it out: results are on disk by themselves; cacheFor uses them again.",
  target: 'Write cacheFor: "1h", with a cacheKey.',
  upstreamtasks: "Write upstream: [a, b].",
  taskargs: 'Write its options themselves: { name: "…", trigger: … }.',
  command: "Write script.",
  returnall: 'Write capture: "lines".',
  helperscript: "Begin the script with it.",
};

/** What to write for an option of Prefect's that has another name here, or none. */
export function fromPrefect(option: string): string | undefined {
  const name = option.replaceAll("_", "").toLowerCase();
  return Object.hasOwn(HERE, name) ? HERE[name] : undefined;
}
