import type { Environment } from "../host/host.ts";
import type { Files } from "../host/files.ts";

/** Whether there is a message bus on which a keychain could answer. */
export type Bus =
  /** `address` is set where the child needs a variable that this process does not have. */
  { readonly reachable: true; readonly address?: string } | { readonly reachable: false; readonly why: string };

/**
 * Decides by one look at the disk, so that a machine without a session bus never
 * waits for one. Cron has the bus, but not its address: the socket at its usual
 * place is taken where it belongs to the same user.
 */
export function findBus(environment: Environment, files: Files): Bus {
  if (environment.platform !== "linux") return { reachable: true };
  const given = environment.variables["DBUS_SESSION_BUS_ADDRESS"];
  if (given !== undefined && given !== "") {
    const path = /^unix:path=([^,;]+)/.exec(given)?.[1];
    // Other kinds of address cannot be looked at; the child's time limit decides.
    if (path === undefined || files.stat(decodeURIComponent(path)) !== undefined) return { reachable: true };
    return { reachable: false, why: "the D-Bus session that DBUS_SESSION_BUS_ADDRESS names has ended" };
  }
  const uid = environment.uid ?? 0;
  const socket = `/run/user/${uid}/bus`;
  const found = files.stat(socket);
  if (found?.kind === "other" && found.uid === uid) return { reachable: true, address: `unix:path=${socket}` };
  return { reachable: false, why: "there is no D-Bus session on this machine" };
}
