/** How a run is shown and told: what `flowctl run` and `flowctl runs resume` take alike. */
export interface RunViewOptions {
  readonly concurrency?: string;
  readonly timeout?: string;
  readonly grace?: string;
  readonly ui: string;
  readonly logs?: string;
  readonly report: readonly string[];
  readonly events?: string;
  /** `--notify`: true; `--no-notify`: false. */
  readonly notify?: boolean;
  readonly strictNotify?: boolean;
  readonly strict?: boolean;
  readonly annotations: boolean;
  readonly ascii?: boolean;
  /** False with `--no-cache`. */
  readonly cache?: boolean;
}

/** The options of `flowctl run`, as commander reads them. */
export interface RunCommandOptions extends RunViewOptions {
  /** Show the plan and run nothing. */
  readonly dryRun?: boolean;
  readonly name?: string;
  readonly param: readonly string[];
  readonly paramsFile?: string;
  readonly onOverlap: string;
}

/** What the numbers and words among the options mean. */
export interface Limits {
  readonly concurrency?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly graceMs?: number;
}
