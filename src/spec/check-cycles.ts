import type { CompiledTask } from "./compile-task.ts";
import type { Report } from "./report.ts";

/** Reports tasks that wait for each other, each circle once. */
export function checkCycles(compiled: readonly CompiledTask[], report: Report): void {
  const upstream = new Map(
    compiled.map((each) => [each.key, [...each.after, ...each.foreach.flatMap((list) => list.reads)]]),
  );
  const done = new Set<string>();
  const told = new Set<string>();
  for (const start of upstream.keys()) {
    if (done.has(start)) continue;
    const trail: { readonly key: string; next: number }[] = [{ key: start, next: 0 }];
    const onTrail = new Set([start]);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const next = upstream.get(top.key)?.[top.next];
      top.next += 1;
      if (next === undefined) {
        done.add(top.key);
        onTrail.delete(top.key);
        trail.pop();
      } else if (onTrail.has(next)) {
        const circle = trail.slice(trail.findIndex((each) => each.key === next)).map((each) => each.key);
        const key = [...circle].sort()[0] ?? next;
        if (told.has(key)) continue;
        told.add(key);
        report.key(["tasks", key], {
          code: "FLOW_CYCLE",
          message: `tasks wait for each other in a circle: ${[...circle, next].join(" needs ")}`,
        });
      } else if (!done.has(next)) {
        onTrail.add(next);
        trail.push({ key: next, next: 0 });
      }
    }
  }
}
