import { expect, it } from "vitest";
import { flow, shell } from "../../src/index.ts";
import { soak } from "./soak.js";
import { offLinux } from "../rig/skip.ts";

it.skipIf(offLinux)(
  "shell tasks that end in every way leave no zombie and no process behind (all of it: npm run soak; needs /proc)",
  async () => {
    const { counts, wrong, left } = await soak({ flow, shell }, { tasks: 150, seed: 7 });
    expect({ wrong, left }).toEqual({ wrong: [], left: [] });
    expect(Object.keys(counts).sort()).toEqual(["Failed", "Success", "TimedOut"]);
  },
);
