import { EXIT_CODES } from "../model/error.ts";
import { probeStores } from "../secrets/probe.ts";
import { serviceOf } from "../secrets/secret-name.ts";
import type { SecretStore } from "../secrets/secret-store.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openSecrets } from "./secrets-open.ts";

/** One thing that was looked at. */
interface Finding {
  readonly level: "ok" | "warning" | "error";
  readonly subject: string;
  readonly detail: string;
  readonly help?: string;
}

/** `flowctl secrets doctor`: says of each store whether it can be used, and what to do where not. */
export async function secretsDoctorCommand(
  _args: readonly string[],
  { namespace }: { readonly namespace?: string },
  context: CommandContext,
): Promise<number> {
  const { store, print, services } = await openSecrets(context, { namespace, state: "nothing" });
  const probes = await probeStores(store, context.host);
  const usable = probes.some((each) => each.ok);
  const findings: readonly Finding[] = [
    { level: "ok", subject: "config", detail: services.config.file ?? "none" },
    { level: "ok", subject: "namespace", detail: serviceOf(store.settings.namespace) },
    ...environmentFindings(context),
    ...probes.map(({ store: name, ok, detail, help, code }): Finding => ({
      // One store is enough; a keychain that is there but does not answer is a fault all the same.
      level: ok ? "ok" : usable && (code === undefined || code.startsWith("NO_")) ? "warning" : "error",
      subject: name,
      detail: code === undefined ? detail : `${detail} [${code}]`,
      ...(ok || help === undefined ? {} : { help }),
    })),
    ...(probes[0]?.ok === true ? await vanished(store) : []),
  ];
  if (context.globals.json) print(JSON.stringify(findings));
  else for (const each of findings) print(render(each));
  return findings.some((each) => each.level === "error") ? EXIT_CODES.secret : 0;
}

function environmentFindings({ host: { environment } }: CommandContext): readonly Finding[] {
  const names = Object.keys(environment.variables).filter((each) => each.startsWith("FLOWCTL_SECRET_"));
  const backend = environment.variables["FLOWCTL_SECRETS_BACKEND"];
  return [
    { level: "ok", subject: "environment", detail: names.length === 0 ? "sets no secret" : `sets ${names.join(", ")}` },
    ...(backend === undefined || backend === ""
      ? []
      : [{ level: "ok", subject: "back end", detail: `only ${backend} (FLOWCTL_SECRETS_BACKEND)` } as const]),
  ];
}

/** Secrets that were stored in the keychain and are no longer there. */
async function vanished({ index, keychain }: SecretStore): Promise<readonly Finding[]> {
  const known = index.list().filter((each) => each.store === "keychain");
  const entries = known.map(({ namespace, name }) => ({ service: serviceOf(namespace), account: name }));
  const reply = await keychain.ask({ action: "get", entries });
  if (!reply.ok) return [];
  return known
    .filter((_, at) => {
      const answer = reply.answers[at];
      return answer?.ok === true && !answer.found;
    })
    .map(({ name, namespace, updatedAt }) => ({
      level: "error",
      subject: name,
      detail: `was stored in the keychain (${serviceOf(namespace)}) on ${updatedAt.slice(0, 10)}, and is not there any more`,
      help: `flowctl secrets set ${name}${namespace === "" ? "" : ` --namespace ${namespace}`}, or: flowctl secrets delete ${name} --if-exists`,
    }));
}

const SIGNS: Readonly<Record<Finding["level"], string>> = { ok: "✔", warning: "!", error: "✖" };

function render({ level, subject, detail, help }: Finding): string {
  const line = `${SIGNS[level]} ${subject.padEnd(12)} ${detail}`;
  return help === undefined ? line : `${line}\n  ${"".padEnd(12)} ${help.replaceAll("\n", `\n  ${"".padEnd(12)} `)}`;
}
