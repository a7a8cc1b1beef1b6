import { Flow as AuthoredFlow } from "../authoring/flow.ts";
import { Plumbing, plainSettings } from "../authoring/node.ts";
import type { AttachedTask, Config } from "../config/config.ts";
import { matchesRun } from "../hooks/match.ts";
import type { RunFacts } from "../hooks/told.ts";
import { userError } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import { allSuccessful, TRIGGERS_BY_NAME } from "../model/triggers.ts";
import { resolveTask, type Used } from "../spec/resolve-uses.ts";
import { LIBRARY } from "./library.ts";

/**
 * Adds the notification tasks of the config to a flow: each after the tasks it
 * names, else after the flow's terminal and reference tasks.
 *
 * @throws UserError "usage" where the config names a task or trigger that does not exist
 */
export async function attachTasks(flow: Flow, facts: RunFacts, config: Config): Promise<Flow> {
  const wanted = Object.entries(config.tasks).filter(([, task]) => matchesRun(task.match, facts));
  if (wanted.length === 0 || !(flow instanceof AuthoredFlow)) return flow;
  const before = [...new Set([...flow.terminalTasks(), ...flow.referenceTasks()])].filter(
    (task) => task.kind !== "notification",
  );
  const extended = flow.copy();
  // A task that is attached must not become what decides the run.
  const references = flow.referenceTasks();
  for (const [name, rule] of wanted) {
    const used = await resolveTask(rule.uses, config.file ?? "", LIBRARY);
    if ("code" in used) throw wrong(config, name, used.message, used.help);
    const upstream = rule.needs === undefined ? before : rule.needs.map((need) => taskOf(flow, need, name, config));
    extended.setDependencies(nodeOf(name, rule, used, config), { upstream, inputs: rule.with });
  }
  if (references.length > 0) extended.setReferenceTasks(references);
  return extended;
}

function nodeOf(name: string, rule: AttachedTask, used: Used, config: Config): Task {
  const trigger = rule.trigger === undefined ? used.task.trigger : TRIGGERS_BY_NAME.get(rule.trigger);
  if (rule.trigger !== undefined && trigger === undefined)
    throw wrong(
      config,
      name,
      `there is no trigger "${rule.trigger}"`,
      `one of ${[...TRIGGERS_BY_NAME.keys()].join(", ")}`,
    );
  const isDefault = trigger === undefined || trigger === allSuccessful;
  const settings = plainSettings(name, used.task.kind ?? "task", {
    trigger,
    skipOnUpstreamSkip: isDefault,
    retry: rule.retry ?? used.task.retry,
    timeout: rule.timeout ?? used.task.timeout,
    secrets: used.task.secrets ?? [],
    stateHandlers: used.task.stateHandlers ?? [],
  });
  const node = new Plumbing(settings, (inputs, context) => used.run(inputs, context));
  const { secretsFor, channelFor } = used.task;
  return Object.assign(node, {
    ...(secretsFor === undefined ? {} : { secretsFor: secretsFor.bind(used.task) }),
    ...(channelFor === undefined ? {} : { channelFor: channelFor.bind(used.task) }),
  });
}

function taskOf(flow: Flow, need: string, name: string, config: Config): Task {
  const task = flow.tasks.find((each) => each.name === need);
  if (task !== undefined) return task;
  throw wrong(config, name, `it needs "${need}", which flow "${flow.name}" does not have`);
}

function wrong(config: Config, name: string, message: string, help?: string) {
  return userError("usage", "CONFIG_TASK", `the task "${name}" of the config cannot be attached: ${message}`, {
    ...(config.file === undefined ? {} : { file: config.file }),
    ...(help === undefined ? {} : { help }),
  });
}
