const RUN_FLOW = "write runFlow(flow)";
const CONTEXT = "a body is given its context: (inputs, { logger, params }) => …";
const STATE = 'write state("Failed"), isFailed(state), …';

/** Names that a person who comes from Prefect 1.x imports, in small letters, and what is written here instead. */
const HERE: Readonly<Record<string, string>> = {
  case: "write when(condition, value, () => { … }), or switchOn",
  switch: "write switchOn(condition, { name: () => task() })",
  signals: 'signals are thrown: new Skip("…"), Fail, Retry, Loop, Pause, EndRun, Succeed',
  prefectsecret: 'write secret("NAME"), or secretTask({ name: "NAME" })',
  envvarsecret: 'write envSecret("NAME")',
  resourcemanager: 'write resource("name", { setup, cleanup })',
  ...{ createflowrun: RUN_FLOW, waitforflowrun: RUN_FLOW, startflowrun: RUN_FLOW, flowruntask: RUN_FLOW },
  ...{ prefect: CONTEXT, context: CONTEXT, getlogger: CONTEXT },
  ...{ failed: STATE, success: STATE, skipped: STATE, paused: STATE },
};

/** What a list of flowctl's holds that is a function of its own in Prefect: `any_failed`. */
const MEMBERS: readonly (readonly [list: string, names: RegExp])[] = [
  ["triggers", /^(?:(?:all|any|some)(?:Successful|Failed)|allFinished|alwaysRun|manualOnly|notAllSkipped)$/],
  ["cacheValidators", /^(?:neverUse|durationOnly|all(?:Inputs|Parameters)|partial(?:Inputs|Parameters)Only)$/],
];

/** What to write for an import of Prefect's that has another name here. */
export function fromPrefect(name: string): string | undefined {
  const own = camelCase(name);
  const list = MEMBERS.find(([, names]) => names.test(own))?.[0];
  const key = own.replaceAll("_", "").toLowerCase();
  if (list !== undefined) return `write ${list}.${own}`;
  return Object.hasOwn(HERE, key) ? HERE[key] : undefined;
}

/** `any_failed` as it is written here: `anyFailed`. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
