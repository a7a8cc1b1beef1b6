export { flow } from "./authoring/define-flow.ts";
export { Flow, type EdgeOptions, type TaskLike } from "./authoring/flow.ts";
export type { FlowOptions, ParameterOptions } from "./authoring/flow-options.ts";
export type { FlowRun, FlowRunOptions } from "./authoring/run-in-process.ts";
export { Task, type LinkOptions } from "./authoring/task.ts";
export { task, type CallOptions, type TaskBody, type TaskFunction } from "./authoring/task-function.ts";
export type { TaskOptions } from "./authoring/task-options.ts";
export type { RetryOptions } from "./authoring/retry-options.ts";
export type { Input, Ref, RefTo } from "./authoring/reference.ts";
export { flatten, mapped, unmapped } from "./authoring/annotation.ts";
export { Parameter, parameter } from "./authoring/parameter.ts";
export { ifElse, merge, switchOn, when } from "./authoring/when.ts";
export { applyMap } from "./authoring/apply-map.ts";
export { resource, type Resource, type ResourceDefinition } from "./authoring/resource.ts";
export { tags } from "./authoring/tags.ts";
export { secret } from "./authoring/secret.ts";
export {
  callbackFactory,
  emailNotifier,
  gmailNotifier,
  slackNotifier,
  smsNotifier,
  webhookNotifier,
} from "./authoring/notifiers.ts";

export { EmailTask, emailTask } from "./tasks/email-task.ts";
export { envSecret } from "./tasks/env-secret.ts";
export { HttpError, http, type HttpAnswer, type HttpInputs } from "./tasks/http.ts";
export { NotifyTask, notifyTask } from "./tasks/notify-task.ts";
export { PagerdutyTask, pagerdutyTask } from "./tasks/pagerduty-task.ts";
export { approval, prompt } from "./tasks/prompt.ts";
export { runFlow } from "./tasks/run-flow.ts";
export { SecretTask, secretTask } from "./tasks/secret-task.ts";
export { CommandFailed } from "./tasks/run-shell.ts";
export { ShellTask, shell, type ShellOptions, type ShellOutput } from "./tasks/shell.ts";
export { SlackTask, slackTask } from "./tasks/slack-task.ts";
export { sleep } from "./tasks/sleep.ts";
export { SmsTask, TwilioTask, smsTask } from "./tasks/sms-task.ts";
export { WebhookTask, webhookTask } from "./tasks/webhook-task.ts";

export { cacheValidators, triggers } from "./authoring/named-values.ts";
export type { CacheValidator } from "./model/cache-validators.ts";
export {
  EndRun,
  Fail,
  Loop,
  Pause,
  Retry,
  Signal,
  Skip,
  Succeed,
  TriggerFail,
  ValidationFail,
} from "./model/signal.ts";
export {
  isFailed,
  isFinished,
  isPending,
  isRunning,
  isScheduled,
  isState,
  isSuccessful,
  state,
  type State,
  type StateType,
} from "./model/state.ts";
export { UserError, type Diagnostic } from "./model/error.ts";
export type { Duration } from "./model/duration.ts";
export type { FlowStateHandler } from "./model/flow.ts";
export type { HandlerContext, StateHandler, TaskContext, TaskStateHandler } from "./model/task.ts";
export type { Trigger } from "./model/trigger.ts";
export type { StandardSchema } from "./model/parameter.ts";
export type { Logger } from "./model/logger.ts";
