import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: {
    alias: {
      "flowctl/testing": `${root}src/testing.ts`,
      flowctl: `${root}src/index.ts`,
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/rig/build.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
