export { flow } from "./authoring/define-flow.ts";
export { Flow } from "./authoring/flow.ts";
export { Task } from "./authoring/task.ts";
export { task } from "./authoring/task-function.ts";
export { flatten, mapped, unmapped } from "./authoring/annotation.ts";
export { Parameter, parameter } from "./authoring/parameter.ts";
export { triggers } from "./model/triggers.ts";
export * from "./model/signal.ts";
export {
  isFailed,
  isFinished,
  isPending,
  isRunning,
  isScheduled,
  isState,
  isSuccessful,
  state,
} from "./model/state.ts";
export { UserError } from "./model/error.ts";
