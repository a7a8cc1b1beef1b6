import type { CommandContext } from "./context.ts";
import { isCi } from "../reporters/mode.ts";
import { endsWithContainer } from "./left-behind.ts";

/**
 * Whether this process must not run the flow itself where somebody is to be told of its death. As PID 1 it
 * would take with it whoever might tell; in CI the step would be over, and the machine gone, before it is told;
 * and so it is in a container whose PID 1 waits for nothing else.
 */
export function needsParent({ host, stop }: CommandContext): boolean {
  const { pid, platform, variables } = host.environment;
  if (stop.parent !== undefined || platform === "win32") return false;
  return pid === 1 || isCi(variables) || endsWithContainer(host);
}
