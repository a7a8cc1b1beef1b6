import { z } from "zod";
import { SECRET_PROVIDERS } from "./config.ts";
import {
  duration,
  hook,
  hooksOf,
  match,
  name,
  oneOrMany,
  options,
  retry,
  size,
  stopping,
  taskMatch,
  timezone,
  trigger,
} from "../spec/fields.ts";

/** One channel; its own options are checked by the channel. */
const channel = z
  .looseObject({ type: z.string().min(1).describe("The service: slack, sms, email, webhook, inbox, …") })
  .describe("A destination of notifications");

const uses = z.string().min(1).describe("A notifier by name, or ./file.ts#export");
const flowHandler = z
  .strictObject({ uses, with: options.optional(), match: match.optional() })
  .describe("A state handler added to every flow that matches");
const taskHandler = z
  .strictObject({ uses, with: options.optional(), match: taskMatch.optional() })
  .describe("A state handler added to every task that matches");

const attached = z
  .strictObject({
    uses: z.string().min(1).describe("A notification task of the library, or ./file.ts#export"),
    with: options.optional(),
    match: match.optional(),
    trigger: trigger.optional(),
    needs: oneOrMany(name).optional().describe("Tasks it comes after; by default the terminal and reference tasks"),
    retry: retry.optional(),
    timeout: duration.optional(),
  })
  .describe("A notification task attached to every flow that matches");

const secretProvider = z.enum(SECRET_PROVIDERS);

const fields = {
  channels: z.record(z.string().min(1), channel).optional().describe("Destinations of notifications by name"),
  hooks: hooksOf(hook).optional().describe("Rules: on these states of runs, tell these channels"),
  stateHandlers: z
    .strictObject({ flow: z.array(flowHandler).optional(), task: z.array(taskHandler).optional() })
    .optional()
    .describe("State handlers added to flows and tasks that match"),
  tasks: z.record(z.string().min(1), attached).optional().describe("Notification tasks attached to flows that match"),
  secrets: z
    .strictObject({
      namespace: z.string().min(1).optional().describe("Keeps the keychain's entries apart"),
      env: z.record(z.string(), z.string().min(1)).optional().describe("Secrets with the variables that hold them"),
      file: z.string().min(1).optional().describe("The age-encrypted file"),
      timeout: duration.optional().describe("How long the keychain may take"),
      order: z.array(secretProvider).min(1).optional().describe("Which providers are asked, first hit wins"),
      pins: z.record(z.string(), secretProvider).optional().describe("Secrets that come from one provider only"),
      recipients: z.array(z.string().min(1)).optional().describe("Public keys for a new encrypted file"),
      exec: z
        .record(z.string(), oneOrMany(z.string().min(1)))
        .optional()
        .describe("Commands that print a value; * for all names, {name} for the name"),
      dotenv: oneOrMany(z.string().min(1)).optional().describe("Plain files of NAME=value lines"),
    })
    .optional()
    .describe("Where values of secrets come from"),
  project: z.string().min(1).optional().describe("What runs belong to; by default the repository"),
  stateDir: z.string().min(1).optional().describe("Where runs and messages are kept"),
  concurrency: z.int().min(1).optional().describe("Tasks at a time"),
  timezone: timezone.optional(),
  pools: z.record(z.string().min(1), z.int().min(1)).optional().describe("Limits of named pools"),
  defaults: z
    .strictObject({ retry: retry.optional(), timeout: duration.optional(), ...stopping, maxOutput: size.optional() })
    .optional()
    .describe("What tasks take that say nothing themselves"),
  delivery: z
    .strictObject({
      waitAtEnd: duration.optional().describe("How long the end of a run waits for deliveries"),
      maxPerRun: z
        .int()
        .min(1)
        .optional()
        .describe(
          "Failures, and as many other messages, of one run's tasks to one channel; the rest is counted. By default 20",
        ),
    })
    .optional()
    .describe("How messages are delivered"),
};

/** What a config file may say. Every key has an effect; any other is an error. */
export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    extends: oneOrMany(z.string().min(1)).optional().describe("Config files this one builds on"),
    ...fields,
    profiles: z
      .record(z.string().min(1), z.strictObject(fields))
      .optional()
      .describe("Parts that hold under --profile NAME or FLOWCTL_PROFILE"),
  })
  .describe("flowctl's config");

/** A config file's content as it was written. */
export type ConfigFile = z.infer<typeof configSchema>;
/** The keys that files and profiles share. */
export type ConfigPart = Omit<ConfigFile, "$schema" | "extends" | "profiles">;
